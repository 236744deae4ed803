//! Variables that steer other programs. A component that sets one decides for all buildpacks after this one.
//!
//! The list cannot be complete: a program that nobody thought of may read a variable that is not on it. Pure.
//! buildpack.toml declares the variables that a component may set, but no declaration allows one of these.

/// Variables that many programs read: shells, the C library, compiler drivers, and programs that look for a home or a
/// temporary folder. The variables of Go are listed by their whole names, because innocent names begin with GO too.
const NAMES: &str = "ANT_HOME AR AS BROWSER CC CPP CXX EDITOR ENV FC GETCONF_DIR GLIBC_TUNABLES GO111MODULE GOARCH GOAUTH \
    GOBIN GOCACHE GOCACHEPROG GODEBUG GOENV GOEXPERIMENT GOINSECURE GOMODCACHE GONOSUMCHECK GONOSUMDB GOOS GOPRIVATE \
    GOROOT GOSUMDB GOTMPDIR GOTOOLCHAIN GOVCS GOWORK HOME HOSTALIASES HOSTNAME IFS LD LESSCLOSE LESSOPEN LOCALDOMAIN \
    M2_HOME MAKE MAKEFILES MALLOC_TRACE NETRC NM OBJCOPY PAGER PROMPT_COMMAND PS4 PWD RANLIB RES_OPTIONS SHELL STRIP TEMP \
    TERM TMP TMPDIR TZDIR VIRTUAL_ENV VISUAL ZDOTDIR";
/// Prefixes of the variables of other buildpacks, the lifecycle, the loader, an interpreter or a tool.
const BEGINNINGS: &str = "AWS_ AZURE_ BASH BP_ BUNDLE_ BUN_ CARGO_ CCACHE_ CMAKE_ CNB_ COMPOSER_ CONDA_ CONFIG_ CORECLR_ \
    COREPACK_ CURL_ CVS_ DENO_ DOCKER_ DOTNET_ DYLD_ ELECTRON_ ERL_ GCC_ GEM_ GIT_ GNUPG GRADLE_ HEX_ JAVA_ JDK_ JULIA_ \
    KUBE LD_ LUA_ MAVEN_ MVN NODE_ NPM_ NUGET_ OPENSSL_ PERL PHP PIP_ PIPENV_ PKG_CONFIG PNPM_ POETRY_ PYENV_ PYTHON \
    RSYNC_ RUBY RUST R_ SCCACHE_ SSH_ SSL SUDO_ UV_ XDG_ YARN_";
/// Suffixes of variables that choose a proxy, a certificate, a download server or options for a program.
const ENDINGS: &str = "ARGS BINDING_ROOT CAINFO CA_BUNDLE CA_CERTS CERT CERT_DIR CERT_FILE FLAGS OPTIONS OPTS PATH PRELOAD \
    PROXY WGETRC WRAPPER _MIRROR _REGISTRY _RSH";

/// Folders at the root of a build layer, each with the variables that the lifecycle sets from it.
///
/// <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#layer-paths>
pub const FOLDERS: [(&str, &[&str]); 4] = [
    ("bin", &["PATH"]),
    ("include", &["CPATH"]),
    ("lib", &["LD_LIBRARY_PATH", "LIBRARY_PATH"]),
    ("pkgconfig", &["PKG_CONFIG_PATH"]),
];

/// Whether a variable is on the list of those that steer other programs. Case is ignored, because some programs read
/// lower-case names.
#[must_use]
pub fn steers(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.split_whitespace().any(|one| name == one)
        || BEGINNINGS
            .split_whitespace()
            .any(|one| name.starts_with(one))
        || ENDINGS.split_whitespace().any(|one| name.ends_with(one))
}

/// The folder of a layer from which the lifecycle sets this variable, if any.
#[must_use]
pub fn folder_of(name: &str) -> Option<&'static str> {
    let made = FOLDERS.iter().find(|(_, names)| names.contains(&name));
    made.map(|(folder, _)| *folder)
}

/// A variable as messages show it: with its folder, if the lifecycle sets the variable from a folder of a layer.
#[must_use]
pub fn told(name: &str) -> String {
    match folder_of(name) {
        Some(folder) => format!("{name} (by a layer's folder '{folder}')"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_programs_obey_is_known_in_any_case() {
        for name in [
            "HTTPS_PROXY",
            "https_proxy",
            "No_Proxy",
            "ALL_PROXY",
            "GOPROXY",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "SSLKEYLOGFILE",
            "CURL_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "NIX_SSL_CERT_FILE",
            "SERVICE_BINDING_ROOT",
            "CNB_BINDINGS",
            "CNB_EXEC_ENV",
            "CNB_PLATFORM_DIR",
            "LD_PRELOAD",
            "LD_AUDIT",
            "GCONV_PATH",
            "BASH_ENV",
            "ENV",
            "PS4",
            "PATH",
            "LD_LIBRARY_PATH",
            "CPATH",
            "PKG_CONFIG_PATH",
            "HOME",
            "XDG_CONFIG_HOME",
            "TMPDIR",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "PYTHONSTARTUP",
            "PYTHONPATH",
            "PIP_INDEX_URL",
            "NODE_OPTIONS",
            "npm_config_registry",
            "RUBYOPT",
            "PERL5OPT",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "MAVEN_OPTS",
            "CLASSPATH",
            "RUSTC_WRAPPER",
            "CARGO_HTTP_CAINFO",
            "CFLAGS",
            "LDFLAGS",
            "CC",
            "GOFLAGS",
            "GOPATH",
            "GOVCS",
            "GONOPROXY",
            "GONOSUMDB",
            "GONOSUMCHECK",
            "GOPRIVATE",
            "BP_PIP_VERSION",
            "CCACHE_PREFIX",
            "SCCACHE_ENDPOINT",
            "GCC_EXEC_PREFIX",
            "PKG_CONFIG",
            "PKG_CONFIG_SYSROOT_DIR",
            "CONFIG_SITE",
            "HEX_MIRROR",
            "COREPACK_NPM_REGISTRY",
            "BUN_CONFIG_REGISTRY",
            "PNPM_HOME",
            "MVNW_REPOURL",
            "R_PROFILE_USER",
            "GNUPGHOME",
            "ELECTRON_MIRROR",
            "SUDO_ASKPASS",
            "CVS_RSH",
            "RSYNC_RSH",
            "PYENV_VERSION",
            "PLAYWRIGHT_MIRROR",
            "TOOL_REGISTRY",
            "SVN_RSH",
            "SYSTEM_WGETRC",
            "FC",
            "NM",
            "RANLIB",
            "STRIP",
            "OBJCOPY",
            "M2_HOME",
            "ANT_HOME",
        ] {
            assert!(steers(name), "{name}");
        }
    }

    #[test]
    fn what_is_a_buildpacks_own_is_not_among_it() {
        for name in [
            "JOB_TEMPLATE_DIR",
            "JOB_HOME",
            "ACME_JOB_TEMPLATE",
            "ENTRY_POINT",
            "TOOLS_HOME",
            "ENVIRONMENT",
            "PATHS",
            "BUILD_APPEND",
            "GOOD_THINGS",
            "PIPELINE",
            "CERTAIN",
            "UVA",
            "LDAP",
            "CONCERTO",
            "GOAL",
            "GO_HOME",
            "BPM",
            "BUNCH",
            "RESULT",
            "CONFIGURATION",
            "HEXAGON",
            "MIRROR",
            "REGISTRY",
            "STRIPES",
        ] {
            assert!(!steers(name), "{name}");
        }
    }

    #[test]
    fn all_that_the_lifecycle_makes_of_a_folder_steers_too() {
        for (folder, names) in FOLDERS {
            for name in names {
                assert!(steers(name), "{name}");
                assert_eq!(folder_of(name), Some(folder));
            }
        }
        assert_eq!(folder_of("PYTHONPATH"), None);
    }
}
