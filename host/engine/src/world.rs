//! Makes a component's world and calls the component.

use std::io;
use std::mem::{self, ManuallyDrop};
use std::pin::pin;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, Trap};
use wasmtime_wasi::I32Exit;

use super::artifact::{Artifact, ArtifactError, Flaw};
use super::clock::Clock;
use super::exports::Exports;
use super::limits::{GuestLimits, Limiter, Short};
use super::linker::{Imports, linker, version};
use super::log::Logger;
use super::quota::{Exceeded, Quota};
use super::state::State;
use super::wasi::{Preopen, Printed, confined};
use crate::machine::Lack;
use confine::{self, ConfineError, Demand, Held, ProcessLimits};
use contract::Version;
use contract::log::Level;
use contract::types::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure};

/// The fuel after which a component yields, so that its deadline can end it. It lasts for a few milliseconds.
const FUEL_BETWEEN_YIELDS: u64 = 10_000_000;

/// Keeps the thread for file operations alive: the seccomp filter allows no new thread.
const THREAD_STAYS: Duration = Duration::from_hours(24);

/// The maximum of handles that a component can hold at one time: open files, streams, listings. Each takes memory of
/// the host.
const MOST_HANDLES: usize = 4096;

/// The number of files that a component must be able to have open at one time.
const SPARE_FILES: usize = 8;

/// The head start of the timeout inside the process over SIGALRM. The timeout's error says more.
const CLOCK_GOES_FIRST: Duration = Duration::from_secs(2);

/// A call into a component that gave no answer. The runner sends it to the host, so causes are text.
#[derive(Debug, Clone, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum CallError {
    /// The artifact is not the recorded one, or not for this host.
    #[error("{what}")]
    Artifact { flaw: Flaw, what: String },
    /// The component imports what this host does not offer.
    #[error("the component doesn't fit this host: {0}")]
    World(String),
    /// The component speaks a version of the contract that this host does not speak, or several versions.
    #[error(
        "the component speaks version {spoken} of the contract, and this host speaks {}",
        Version::list()
    )]
    Version {
        /// The versions of the component's imports.
        spoken: String,
    },
    /// The component lacks an export, or has one of another type.
    #[error("the component doesn't fit version {version} of the contract: {what}")]
    Export {
        /// The version that the component speaks.
        version: String,
        what: String,
    },
    /// The component broke a rule of WebAssembly.
    #[error("the component trapped: {0}")]
    Trap(String),
    /// The component trapped after the host refused it more of a resource.
    #[error("the component trapped: {trap}, after it was refused more {short}")]
    Short {
        trap: String,
        /// The limit that it had reached.
        short: Short,
    },
    /// The component called `exit` instead of returning.
    #[error("the component ended itself with exit status {0} instead of returning")]
    Exit(i32),
    #[error("the component didn't return within {} seconds", .0.as_secs_f32())]
    Time(Duration),
    /// The component listed, made or wrote more files than it may.
    #[error("the component {0}, and was stopped")]
    Files(Exceeded),
    /// The sandbox could not be set up as the buildpack demands.
    #[error("the component was not started: {0}")]
    Confine(String),
    /// The machine lacks something that every component needs.
    #[error("the component could not be run: {what}")]
    Machine { lack: Lack, what: String },
    /// The host failed to set the component up.
    #[error("the host could not set the component up: {0}")]
    Host(String),
}

impl CallError {
    /// Makes the error for a failed setup. Tells apart a lack of the machine and other causes.
    #[must_use]
    pub fn set_up(error: &wasmtime::Error) -> Self {
        let what = chain(error);
        match Lack::among(error.chain()) {
            Some(lack) => Self::Machine { lack, what },
            None => Self::Host(what),
        }
    }

    fn not_confined(error: &ConfineError) -> Self {
        let what = text::chain(error);
        match Lack::of(error) {
            Some(lack) => Self::Machine { lack, what },
            None => Self::Confine(what),
        }
    }
}

impl From<ArtifactError> for CallError {
    fn from(error: ArtifactError) -> Self {
        let what = error.to_string();
        match error.flaw() {
            Ok(flaw) => Self::Artifact { flaw, what },
            Err(lack) => Self::Machine { lack, what },
        }
    }
}

/// The sandbox that this process enters right before it calls the component.
pub struct Confinement<'a> {
    pub limits: ProcessLimits,
    /// The protection that the kernel must give.
    pub demand: Demand,
    /// Called with the protection that holds, before the component runs.
    pub confined: &'a mut dyn FnMut(&Held),
}

/// A linked component, ready to be called.
pub struct Guest {
    engine: Engine,
    exports: Exports,
    /// Whether the component can start to read or write and wait for the end later. That needs a second thread.
    has_streams: bool,
}

impl Guest {
    /// Links the component's imports to the functions that this host offers.
    pub fn link(engine: Engine, artifact: &Artifact) -> Result<Self, CallError> {
        let (names, _) = artifact.names(&engine);
        let version = version(&names).map_err(|spoken| CallError::Version { spoken })?;
        let imports = Imports::of(&names);
        let linker =
            linker(&engine, &imports, version).map_err(|error| CallError::set_up(&error))?;
        // Never dropped: the process ends soon after the component, and the kernel then frees the memory.
        let linker = ManuallyDrop::new(linker);
        let pre = linker
            .instantiate_pre(artifact.component())
            .map_err(|error| CallError::World(chain(&error)))?;
        let exports = Exports::of(pre, version).map_err(|error| CallError::Export {
            version: version.to_string(),
            what: chain(&error),
        })?;
        Ok(Self {
            engine,
            exports,
            has_streams: imports.have_streams(),
        })
    }

    /// The version of the contract that the component speaks.
    #[must_use]
    pub fn contract_version(&self) -> Version {
        self.exports.version()
    }

    /// Calls `detect` in a fresh instance. From then on this process is confined, and its resources for the component
    /// are not freed before the process ends.
    pub fn detect(
        &self,
        context: &DetectContext,
        preopens: &[Preopen<'_>],
        limits: &GuestLimits,
        confinement: &mut Confinement<'_>,
        logger: Logger,
    ) -> Result<Result<DetectOutcome, Failure>, CallError> {
        if !self.has_streams {
            // This thread does the file operations, and no other process enforces a deadline on this one.
            confine::end_after(limits.time + CLOCK_GOES_FIRST);
        }
        self.call(
            preopens,
            limits,
            confinement,
            logger,
            async |exports, store| exports.detect(store, context).await,
        )
    }

    /// Calls `build` in a fresh instance. From then on this process is confined.
    pub fn build(
        &self,
        context: &BuildContext,
        preopens: &[Preopen<'_>],
        limits: &GuestLimits,
        confinement: &mut Confinement<'_>,
        logger: Logger,
    ) -> Result<Result<BuildOutput, Failure>, CallError> {
        self.call(
            preopens,
            limits,
            confinement,
            logger,
            async |exports, store| exports.build(store, context).await,
        )
    }

    fn call<T>(
        &self,
        preopens: &[Preopen<'_>],
        limits: &GuestLimits,
        confinement: &mut Confinement<'_>,
        logger: Logger,
        export: impl AsyncFnOnce(&Exports, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        let host = |error: wasmtime::Error| CallError::set_up(&error);
        spare_files(preopens).map_err(|error| host(error.into()))?;
        let open_files = confinement.limits.open_files;
        let clock = Clock::new();
        let confined = confined(preopens, limits.log, self.has_streams, &clock);
        let (wasi, printed) = confined.map_err(host)?;
        let state = State {
            wasi,
            table: ResourceTable::new(),
            clock,
            limiter: limits.limiter(),
            quota: Quota::of(limits, open_files, self.has_streams),
            logger,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_max_component_handles(MOST_HANDLES);
        store.set_fuel(u64::MAX).map_err(host)?;
        store
            .fuel_async_yield_interval(Some(FUEL_BETWEEN_YIELDS))
            .map_err(host)?;
        // With streams, a separate thread does the file operations. A file that never answers, such as a pipe in the
        // application, then blocks that thread and not the deadline. Without streams, such a file blocks this thread:
        // then `end_after` ends detect, and in build the host ends the runner at its own deadline.
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .max_blocking_threads(1)
            .thread_keep_alive(THREAD_STAYS)
            .build()
            .map_err(|error| host(error.into()))?;

        let grants: Vec<_> = preopens.iter().map(Preopen::grant).collect();
        let held = confine::enter(&grants, &confinement.limits, confinement.demand, || {
            if !self.has_streams {
                return Ok(());
            }
            // Tested first, because the runtime would panic if no thread could be started.
            thread::Builder::new().spawn(|| ())?.join().ok();
            // Starts the thread for file operations: the seccomp filter allows no new thread.
            runtime
                .block_on(runtime.spawn_blocking(|| ()))
                .map_err(io::Error::other)
        });
        let held = held.map_err(|error| CallError::not_confined(&error))?;
        (confinement.confined)(&held);

        let answer = runtime.block_on(async {
            let call = pin!(export(&self.exports, &mut store));
            tokio::time::timeout(limits.time, call).await
        });
        // Does not wait for the thread for file operations, which may still be blocked.
        runtime.shutdown_background();
        pass_on(&printed, &mut store.data_mut().logger);
        let Limiter { short, refused, .. } = &mut store.data_mut().limiter;
        let (short, refused) = (*short, refused.take());
        // A process calls one component and ends soon after. Dropping the store would cost as much as making it, and
        // the kernel frees the memory anyway.
        mem::forget(store);
        match answer {
            Err(_elapsed) => Err(CallError::Time(limits.time)),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(ended(&error, short, refused)),
        }
    }
}

/// Checks that the component can open a few files. WASI has no error code for too many open files, so the component
/// would take a file for missing.
fn spare_files(preopens: &[Preopen<'_>]) -> io::Result<()> {
    let dirs = preopens.first().into_iter().cycle().take(SPARE_FILES);
    let opened: io::Result<Vec<_>> = dirs.map(|dir| dir.dir.try_clone_to_owned()).collect();
    opened.map(drop)
}

/// Converts the error of a call. `short` is the limit that the component last reached, and `refused` the machine's
/// error for its last growth of memory.
fn ended(error: &wasmtime::Error, short: Option<Short>, refused: Option<String>) -> CallError {
    if let Some(I32Exit(status)) = error.downcast_ref() {
        return CallError::Exit(*status);
    }
    if let Some(exceeded) = error.downcast_ref() {
        return CallError::Files(*exceeded);
    }
    if let Some(lack) = Lack::among(error.chain()) {
        let what = chain(error);
        return CallError::Machine { lack, what };
    }
    if let Some(what) = refused {
        let lack = Lack::Memory;
        return CallError::Machine { lack, what };
    }
    // The outer errors only say where in the host the call was made.
    let trap = error.root_cause().to_string();
    let short = match error.downcast_ref() {
        Some(Trap::StackOverflow) => Some(Short::Stack),
        _ => Short::of_count(&trap).or(short),
    };
    match short {
        Some(short) => CallError::Short { trap, short },
        None => CallError::Trap(trap),
    }
}

/// Logs the output of the component's standard streams line by line, under the same limit as the log.
fn pass_on(printed: &Printed, logger: &mut Logger) {
    for (pipe, level) in [
        (&printed.stdout, Level::Info),
        (&printed.stderr, Level::Warning),
    ] {
        for line in String::from_utf8_lossy(&pipe.contents()).lines() {
            logger.write(level, line);
        }
    }
}

/// Formats an error with all its causes on one line.
fn chain(error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join(": ")
}
