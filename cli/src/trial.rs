//! Runs a buildpack on an application in a temporary lifecycle: what `run` shows and `test` compares.
//!
//! Nothing here prints. The lifecycle's rules are in the crate `lifecycle`.

mod cleaner;
mod entry;
mod env;
pub(crate) mod outcome;
pub(crate) mod places;
mod plan;
pub(crate) mod source;
pub(crate) mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use lifecycle::{Ended, Lifecycle};

use self::cleaner::Cleaner;
use self::outcome::Made;
use self::places::Places;
use self::source::Others;

/// The names of the operator's variables that the host reads from its process environment: the way to the network.
const OF_THE_OPERATOR: [&str; 5] = [
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
];
/// The time for a phase. The host's own limits end a component much earlier; a download may take long.
const AT_MOST: Duration = Duration::from_hours(1);
/// The id of the host's refusal if the package lacks a source.
const MISSING: &str = "package-source-missing";
/// The status of detect if the buildpack does not take part.
pub(crate) const TAKES_NO_PART: i32 = 100;

/// A buildpack in a temporary lifecycle, with an application and the contents of its sources.
pub(crate) struct Trial {
    lifecycle: Lifecycle,
    cleaner: Cleaner,
    /// The declared sources that no folder replaces.
    others: Vec<String>,
}

impl Trial {
    /// Copies the buildpack in `dir` and the application into a new temporary folder. Each folder in `sources` takes
    /// the place of the declared source with this name.
    pub(crate) fn new(
        dir: &Path,
        app: &Path,
        sources: &BTreeMap<String, PathBuf>,
        others: Others,
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        check_app(app)?;
        let mut lifecycle = Lifecycle::named(dir, "wasm-buildpack-")?;
        let cleaner = Cleaner::of(lifecycle.world())?;
        lifecycle.timeout(AT_MOST);
        lifecycle
            .put_app(app)
            .with_context(|| format!("The application cannot be copied: '{}'", app.display()))?;
        let others = source::replace(&lifecycle.buildpack_dir(), sources, others)?;
        for (name, value) in variables {
            ensure!(
                !name.is_empty() && !name.contains(['/', '\0', '=']),
                "The platform cannot set a variable of this name: '{name}'\nA name must not be empty or have '/' or '='."
            );
            lifecycle.platform_variable(name, value)?;
        }
        Ok(Self {
            lifecycle,
            cleaner,
            others,
        })
    }

    /// Passes on the variables of this process that lead a build to the network.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tool stands where the lifecycle does, which passes these on"
    )]
    pub(crate) fn allow_the_network(&mut self) {
        for name in OF_THE_OPERATOR {
            if let Some(value) = std::env::var_os(name) {
                self.lifecycle.variable(name, value);
            }
        }
    }

    /// The declared source that a build needed and that was missing: see [`Others::Missing`].
    pub(crate) fn lacked(&self, built: &Ended) -> Option<&str> {
        if built.refusal().as_deref() != Some(MISSING) {
            return None;
        }
        let error = String::from_utf8_lossy(&built.stderr);
        let mut others = self.others.iter().map(String::as_str);
        others.find(|name| error.contains(&format!("'{name}'")))
    }

    /// Runs detect.
    pub(crate) fn detect(&self) -> anyhow::Result<Ended> {
        self.lifecycle.detect()
    }

    /// Resolves detect's plan as for a group of this buildpack alone, and runs build. Returns the requirements that
    /// another buildpack would have to provide, too.
    pub(crate) fn build(&self) -> anyhow::Result<(Ended, Vec<String>)> {
        let plan = fs::read_to_string(self.lifecycle.build_plan_path())?;
        let resolved = plan::resolve(&plan)?;
        fs::write(self.lifecycle.buildpack_plan_path(), &resolved.entries)?;
        Ok((self.lifecycle.build()?, resolved.of_others))
    }

    /// Reads what the phases left.
    pub(crate) fn made(&self, places: &Places) -> anyhow::Result<Made> {
        Made::read(&self.lifecycle, places)
    }

    /// This lifecycle's folders, and the names that stand for them.
    pub(crate) fn places(&self) -> Places {
        Places::new([
            (self.lifecycle.buildpack_dir(), "<buildpack>"),
            (self.lifecycle.layers_dir(), "<layers>"),
            (self.lifecycle.app_dir(), "<app>"),
            (self.lifecycle.platform_dir(), "<platform>"),
        ])
    }

    pub(crate) fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// Keeps the temporary folder, and returns its path.
    pub(crate) fn keep(self) -> anyhow::Result<PathBuf> {
        self.cleaner.call_off()?;
        Ok(self.lifecycle.keep())
    }
}

/// Refuses an application that does not exist. A command that builds first calls this before, because a build may take
/// long.
pub(crate) fn check_app(app: &Path) -> anyhow::Result<()> {
    ensure!(
        app.is_dir(),
        "The application is not a directory: '{}'\nName the application's directory.",
        app.display()
    );
    Ok(())
}

/// The status with which a program ended, as a shell reports it: 128 plus the signal's number, if a signal ended it.
pub(crate) fn status(ended: &Ended) -> u8 {
    let signalled = || ended.signal.map(|signal| 128 + signal);
    let status = ended.code.or_else(signalled);
    status
        .and_then(|status| u8::try_from(status).ok())
        .unwrap_or(u8::MAX)
}
