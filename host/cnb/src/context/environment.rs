//! The process environment and the working directory, read once and then passed as a value.
//!
//! Nothing here knows the phase.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::platform::Platform;
use super::{ContextError, LOG_LEVEL, PLATFORM_DIR};
use crate::names::shown;
use contract::types;
use dir::Dir;

const BUILDPACK_DIR: &str = "CNB_BUILDPACK_DIR";
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
const SERVICE_BINDING_ROOT: &str = "SERVICE_BINDING_ROOT";
/// The variables for proxies, trusted authorities and service bindings.
const SETTINGS: [&str; 6] = [
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    SSL_CERT_FILE,
    SERVICE_BINDING_ROOT,
];

/// Environment variables that detect keeps besides `CNB_*`: those that it uses itself, and those that every process has
/// and that hold no secret.
const OF_DETECT: [&str; 10] = [
    LOG_LEVEL,
    "NO_COLOR",
    "CLICOLOR_FORCE",
    SSL_CERT_FILE,
    SERVICE_BINDING_ROOT,
    "PATH",
    "HOME",
    "HOSTNAME",
    "PWD",
    "SHLVL",
];

/// A copy of the process environment and the working directory.
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    working_dir: Result<PathBuf, io::ErrorKind>,
    /// Whether the kernel gave the working directory. Its path then contains no link.
    is_own: bool,
}

/// Settings from the process environment, which the application cannot change under `clear-env`. They come from no
/// other place.
///
/// `HTTP_PROXY` is not among them: http is only for loopback addresses, and these never go through a proxy.
#[derive(Default)]
pub struct ProcessSettings {
    /// `https_proxy` or `HTTPS_PROXY`.
    pub https_proxy: Option<HttpsProxy>,
    /// `no_proxy` or `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// `SSL_CERT_FILE`, an absolute path.
    pub ssl_cert_file: Option<PathBuf>,
    /// `SERVICE_BINDING_ROOT`, an absolute path.
    pub service_binding_root: Option<PathBuf>,
    /// The names of settings that are set but ignored, because an application can set them too without `clear-env`.
    pub passed_over: Vec<&'static str>,
}

/// A proxy as a variable gives it. It is never shown, because it can contain a password.
#[derive(Clone)]
pub struct HttpsProxy {
    pub variable: &'static str,
    pub address: String,
}

impl fmt::Debug for ProcessSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessSettings(..)")
    }
}

impl Environment {
    /// Reads the environment of this process. Only this function does.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place where they are read"
    )]
    #[must_use]
    pub fn from_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            working_dir: std::env::current_dir().map_err(|error| error.kind()),
            is_own: true,
        }
    }

    /// An environment for tests and tools.
    #[must_use]
    pub fn new(variables: BTreeMap<OsString, OsString>, working_dir: PathBuf) -> Self {
        Self {
            variables,
            working_dir: Ok(working_dir),
            is_own: false,
        }
    }

    /// A variable, unchanged.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }

    /// The variables that detect needs. `None` if there are no others. Others must go, because one of them can contain
    /// the password of a proxy.
    #[must_use]
    pub fn narrowed_for_detect(&self) -> Option<BTreeMap<&OsStr, &OsStr>> {
        let is_needed = |(name, _): &(&OsString, &OsString)| {
            name.as_encoded_bytes().starts_with(b"CNB_")
                || OF_DETECT.iter().any(|needed| name.as_os_str() == *needed)
        };
        if self.variables.iter().all(|variable| is_needed(&variable)) {
            return None;
        }
        let needed = self.variables.iter().filter(is_needed);
        Some(needed.map(|(name, value)| (&**name, &**value)).collect())
    }

    /// Opens the buildpack directory, which contains the descriptor.
    pub fn buildpack_dir(&self) -> Result<Dir, ContextError> {
        self.open(BUILDPACK_DIR)
    }

    pub(super) fn app_dir(&self) -> Result<String, ContextError> {
        let refuse = |why: &str| ContextError::WorkingDirectory {
            why: why.to_owned(),
        };
        match &self.working_dir {
            Err(kind) => Err(refuse(&kind.to_string())),
            Ok(path) if !path.is_absolute() => Err(refuse("its path is not absolute")),
            Ok(path) => match path.to_str() {
                Some(path) => Ok(path.to_owned()),
                None => Err(refuse("its path is not UTF-8")),
            },
        }
    }

    /// The platform directory. The host reads nothing from it that leads into the application.
    pub(super) fn platform(&self) -> Result<Platform, ContextError> {
        let app_dir = self.app_dir()?;
        let app_dir = Path::new(&app_dir);
        let dir = Path::new(self.path(PLATFORM_DIR)?);
        if self.is_own {
            Ok(Platform::beside(dir, app_dir))
        } else {
            Ok(Platform::new(dir, app_dir)?)
        }
    }

    /// The text of a variable. An empty variable is treated as not set.
    pub(super) fn text(&self, variable: &str) -> Result<Option<&str>, ContextError> {
        match self.variables.get(OsStr::new(variable)) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                Some(text) => Ok(Some(text).filter(|text| !text.is_empty())),
                None => Err(ContextError::NotUtf8 {
                    variable: variable.to_owned(),
                }),
            },
        }
    }

    /// The first of these variables that is set, with its text.
    fn first(
        &self,
        variables: [&'static str; 2],
    ) -> Result<Option<(&'static str, String)>, ContextError> {
        for variable in variables {
            if let Some(text) = self.text(variable)? {
                return Ok(Some((variable, text.to_owned())));
            }
        }
        Ok(None)
    }

    fn path_if_set(&self, variable: &'static str) -> Result<Option<&str>, ContextError> {
        match self.text(variable)? {
            Some(path) if !Path::new(path).is_absolute() => Err(ContextError::Relative {
                variable,
                value: shown(path),
            }),
            path => Ok(path),
        }
    }

    pub(super) fn path(&self, variable: &'static str) -> Result<&str, ContextError> {
        let path = self.path_if_set(variable)?;
        path.ok_or(ContextError::Missing { variable })
    }

    pub(super) fn open(&self, variable: &'static str) -> Result<Dir, ContextError> {
        Dir::open_ambient(Path::new(self.path(variable)?))
            .map_err(|source| ContextError::Unreadable { variable, source })
    }

    /// The machine for which the image is built. A lifecycle that does not know it sets empty variables: then it is the
    /// machine of this host.
    pub(super) fn target(&self) -> Result<types::Target, ContextError> {
        let known = |variable: &'static str, own: &str| -> Result<String, ContextError> {
            match self.text(variable)? {
                Some(text) => Ok(text.to_owned()),
                None if self.variables.contains_key(OsStr::new(variable)) => Ok(own.to_owned()),
                None => Err(ContextError::Missing { variable }),
            }
        };
        let text =
            |variable| -> Result<_, ContextError> { Ok(self.text(variable)?.map(str::to_owned)) };
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Ok(types::Target {
            os: known("CNB_TARGET_OS", std::env::consts::OS)?,
            arch: known("CNB_TARGET_ARCH", arch)?,
            arch_variant: text("CNB_TARGET_ARCH_VARIANT")?,
            distro_name: text("CNB_TARGET_DISTRO_NAME")?,
            distro_version: text("CNB_TARGET_DISTRO_VERSION")?,
        })
    }

    /// The settings. `is_own` tells whether the platform's variables are kept out of this environment.
    pub(super) fn settings(&self, is_own: bool) -> Result<ProcessSettings, ContextError> {
        if !is_own {
            let mut passed_over = SETTINGS.to_vec();
            passed_over.retain(|name| self.variable(name).is_some_and(|text| !text.is_empty()));
            return Ok(ProcessSettings {
                passed_over,
                ..ProcessSettings::default()
            });
        }
        // Lower case goes before upper case, as in curl.
        let proxy = self.first(["https_proxy", "HTTPS_PROXY"])?;
        let no_proxy = self.first(["no_proxy", "NO_PROXY"])?;
        Ok(ProcessSettings {
            https_proxy: proxy.map(|(variable, address)| HttpsProxy { variable, address }),
            no_proxy: no_proxy.map(|(_, hosts)| hosts),
            ssl_cert_file: self.path_if_set(SSL_CERT_FILE)?.map(PathBuf::from),
            service_binding_root: self.path_if_set(SERVICE_BINDING_ROOT)?.map(PathBuf::from),
            passed_over: Vec::new(),
        })
    }
}
