//! The style of the output that the platform or the operator asks for, by the conventions of buildpacks and terminals.
//!
//! Nothing fails here. A variable that cannot be read is treated as not set: code that needs the same file reports its
//! error.

use super::LOG_LEVEL;
use super::environment::Environment;
use super::platform::{LONGEST, without_line_end};

/// The style of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Whether a detailed log is asked for (`BP_LOG_LEVEL=debug`).
    pub debug: bool,
    /// Whether colours are asked for (`CLICOLOR_FORCE`, `NO_COLOR`). `None` if the output decides.
    ///
    /// <https://no-color.org>, <https://bixense.com/clicolors/>
    pub colour: Option<bool>,
}

impl Wishes {
    /// Reads the process environment, and then the variables of the platform, which are not in it under `clear-env`.
    #[must_use]
    pub fn read(environment: &Environment) -> Self {
        let platform = environment.platform().ok();
        let value = |name: &str| {
            let own = environment.variable(name);
            let own = own.map(|value| value.as_encoded_bytes().to_owned());
            own.or_else(|| {
                let platform = platform.as_ref()?;
                let path = platform.dir().join("env").join(name);
                // Usually there is no such file. One system call shows this, instead of one for each part of the path.
                path.symlink_metadata().ok()?;
                platform.read(&path, LONGEST).ok().flatten()
            })
        };
        let asks =
            |name: &str| value(name).is_some_and(|value| !without_line_end(&value).is_empty());
        let forces = value("CLICOLOR_FORCE").is_some_and(|value| {
            let value = without_line_end(&value);
            !value.is_empty() && value != b"0"
        });
        let debug = value(LOG_LEVEL)
            .is_some_and(|level| without_line_end(&level).eq_ignore_ascii_case(b"debug"));
        let colour = match (asks("NO_COLOR"), forces) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        Self { debug, colour }
    }
}
