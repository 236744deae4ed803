//! Runs a buildpack natively on a sample application, for `cargo test`. No WebAssembly takes part, and no host: limits
//! and checks of the output belong to `wasm-buildpack test`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{
    BuildContext, Buildpack, DetectContext, Detected, Level, Output, PlanEntry, RestoredLayer,
    Result, Target, Variable,
};

std::thread_local! {
    static LOG: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a message for the test of this thread.
pub(crate) fn log(level: Level, message: &str) {
    LOG.with_borrow_mut(|log| log.push((level, message.to_owned())));
}

/// The result of a phase, and the messages that it logged.
#[derive(Debug)]
pub struct Run<T> {
    /// The value or the error that the buildpack returned.
    pub result: Result<T>,
    /// The messages, in their order.
    pub log: Vec<(Level, String)>,
}

impl<T> Run<T> {
    fn of(phase: impl FnOnce() -> Result<T>) -> Self {
        // An earlier test on this thread may have left its messages.
        LOG.take();
        let result = phase();
        Self {
            result,
            log: LOG.take(),
        }
    }
}

/// A sample application, and an empty layers directory, which is removed when the value is dropped.
#[derive(Debug)]
pub struct Sample {
    build: BuildContext,
    folder: PathBuf,
}

impl Sample {
    /// The application in a directory, relative to the package's own.
    ///
    /// # Panics
    /// If there is no such directory, or no layers directory can be made.
    #[must_use]
    pub fn new(app: impl AsRef<Path>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let app = app.as_ref();
        let app = fs::canonicalize(app)
            .unwrap_or_else(|error| panic!("the sample {} cannot be read: {error}", app.display()));
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("buildpack-test-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)
            .unwrap_or_else(|error| panic!("{} cannot be made: {error}", folder.display()));
        let text = |path: &Path| {
            let text = path
                .to_str()
                .unwrap_or_else(|| panic!("{} is not UTF-8", path.display()));
            text.to_owned()
        };
        let build = BuildContext {
            app_dir: text(&app),
            layers_dir: text(&folder),
            target: Target {
                os: "linux".to_owned(),
                arch: "amd64".to_owned(),
                arch_variant: None,
                distro_name: None,
                distro_version: None,
            },
            exec_env: "production".to_owned(),
            variables: Vec::new(),
            metadata: "{}".to_owned(),
            has_index: false,
            buildpack_plan: Vec::new(),
            restored_layers: Vec::new(),
            store: None,
        };
        Self { build, folder }
    }

    /// Sets a variable that buildpack.toml declares.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.build.variables.push(Variable {
            name: name.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// Adds an entry to the Buildpack Plan of build, with free data: a JSON object.
    #[must_use]
    pub fn required(mut self, name: &str, metadata: &str) -> Self {
        self.build.buildpack_plan.push(PlanEntry {
            name: name.to_owned(),
            metadata: metadata.to_owned(),
        });
        self
    }

    /// Adds a layer of the previous build, with its free data: a JSON object.
    #[must_use]
    pub fn restored(mut self, name: &str, metadata: &str) -> Self {
        self.build.restored_layers.push(RestoredLayer {
            name: name.to_owned(),
            metadata: metadata.to_owned(),
        });
        self
    }

    /// The context of build, to set other fields of it. Detect gets those that it has, too.
    pub fn context(&mut self) -> &mut BuildContext {
        &mut self.build
    }

    /// The layers directory, to compare the files that build wrote.
    #[must_use]
    pub fn layers_dir(&self) -> &Path {
        &self.folder
    }

    /// Calls detect.
    #[must_use]
    pub fn detect<B: Buildpack>(&self) -> Run<Detected> {
        let build = self.build.clone();
        let context = DetectContext {
            app_dir: build.app_dir,
            target: build.target,
            exec_env: build.exec_env,
            variables: build.variables,
            metadata: build.metadata,
            has_index: build.has_index,
        };
        Run::of(|| B::detect(&context))
    }

    /// Calls build.
    #[must_use]
    pub fn build<B: Buildpack>(&self) -> Run<Output> {
        Run::of(|| B::build(&self.build))
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            let message = error.to_string();
            log(Level::Warning, &message);
        }
    }
}
