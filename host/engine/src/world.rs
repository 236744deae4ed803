//! The world of a guest and the call into it.

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
use super::limits::{GuestLimits, Limiter, Short};
use super::linker::{Imports, linker};
use super::log::Logger;
use super::quota::{Exceeded, Quota};
use super::state::State;
use super::wasi::{Preopen, Printed, confined};
use crate::machine::Lack;
use confine::{self, ConfineError, Demand, Held, ProcessLimits};
use contract::log::Level;
use contract::types::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure};
use contract::{Buildpack, BuildpackPre};

/// How much a guest may compute before it looks at the clock, in units of fuel: some milliseconds.
const FUEL_BETWEEN_YIELDS: u64 = 10_000_000;

/// The thread for files is not started twice.
const THREAD_STAYS: Duration = Duration::from_hours(24);

/// Of what a guest can hold at one time: open files, streams, listings. Each takes memory of the host's.
const MOST_HANDLES: usize = 4096;

/// Files that any guest may want to have open at one time.
const SPARE_FILES: usize = 8;

/// A guest whose own clock can end it says more than one that the kernel ends.
const CLOCK_GOES_FIRST: Duration = Duration::from_secs(2);

/// Why a call into a guest gave no answer. It crosses from the runner to the host, so causes are text.
#[derive(Debug, Clone, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum CallError {
    /// What packaging compiled is not what it recorded, or not for this host.
    #[error("{what}")]
    Artifact {
        /// The kind of it.
        flaw: Flaw,
        /// The refusal.
        what: String,
    },
    /// The component needs what this host doesn't offer, or doesn't export what it must.
    #[error("the component doesn't fit this host: {0}")]
    World(String),
    /// It was stopped by WebAssembly's own rules.
    #[error("the component trapped: {0}")]
    Trap(String),
    /// The same, after it was refused more of what it needs.
    #[error("the component trapped: {trap}, after it was refused more {short}")]
    Short {
        /// What it trapped with.
        trap: String,
        /// What it had too little of.
        short: Short,
    },
    /// It ended its program instead of returning.
    #[error("the component ended itself with exit status {0} instead of returning")]
    Exit(i32),
    /// It took too long.
    #[error("the component didn't return within {} seconds", .0.as_secs_f32())]
    Time(Duration),
    /// It made, wrote or listed more of files than it may.
    #[error("the component {0}, and was stopped")]
    Files(Exceeded),
    /// The process could not be confined as the buildpack asks.
    #[error("the component was not started: {0}")]
    Confine(String),
    /// The machine refuses what every component needs.
    #[error("the component could not be run: {what}")]
    Machine {
        /// The thing of which there is too little.
        lack: Lack,
        /// The refusal.
        what: String,
    },
    /// The host could not give it its world.
    #[error("the host could not set the component up: {0}")]
    Host(String),
}

impl CallError {
    /// A world that could not be made, for want of the machine or otherwise.
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

/// How the process of a guest is confined, right before the guest comes.
pub struct Confinement<'a> {
    /// What it may use.
    pub limits: ProcessLimits,
    /// What is asked of the kernel.
    pub demand: Demand,
    /// Told how far they hold.
    pub confined: &'a mut dyn FnMut(&Held),
}

/// A component, ready to be called.
pub struct Guest {
    engine: Engine,
    pre: BuildpackPre<State>,
    /// Whether it can begin to read or write and wait for it later, for which it takes a second thread.
    has_streams: bool,
}

impl Guest {
    /// Meets the component's imports with what this host offers, and nothing else.
    pub fn link(engine: Engine, artifact: &Artifact) -> Result<Self, CallError> {
        let imports = Imports::of(&engine, artifact);
        let linker = linker(&engine, &imports).map_err(|error| CallError::set_up(&error))?;
        // Left to the kernel, as all that a guest has: this process ends with it.
        let linker = ManuallyDrop::new(linker);
        let pre = linker
            .instantiate_pre(artifact.component())
            .and_then(BuildpackPre::new)
            .map_err(|error| CallError::World(chain(&error)))?;
        Ok(Self {
            engine,
            pre,
            has_streams: imports.have_streams(),
        })
    }

    /// Calls `detect` in a fresh instance. From here on this process is confined, and what it gave to the guest stays
    /// with it until it ends.
    pub fn detect(
        &self,
        context: &DetectContext,
        preopens: &[Preopen<'_>],
        limits: &GuestLimits,
        confinement: &mut Confinement<'_>,
        logger: Logger,
    ) -> Result<Result<DetectOutcome, Failure>, CallError> {
        if !self.has_streams {
            // Files are opened and read in this thread, and nobody waits for this process with a clock.
            confine::end_after(limits.time + CLOCK_GOES_FIRST);
        }
        self.call(
            preopens,
            limits,
            confinement,
            logger,
            async |guest, store| guest.call_detect(store, context).await,
        )
    }

    /// Calls `build` in a fresh instance. From here on this process is confined.
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
            async |guest, store| guest.call_build(store, context).await,
        )
    }

    fn call<T>(
        &self,
        preopens: &[Preopen<'_>],
        limits: &GuestLimits,
        confinement: &mut Confinement<'_>,
        logger: Logger,
        export: impl AsyncFnOnce(Buildpack, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        let host = |error: wasmtime::Error| CallError::set_up(&error);
        spare_files(preopens).map_err(|error| host(error.into()))?;
        let open_files = confinement.limits.open_files;
        let (wasi, printed) = confined(preopens, limits.log, self.has_streams).map_err(host)?;
        let state = State {
            wasi,
            table: ResourceTable::new(),
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
        // With streams, files are opened, read and written by a thread of their own: one that never answers, such as a
        // pipe in the application, keeps that thread waiting, and not the deadline. Without, this one waits: then
        // `end_after` ends detect, and in build the host, which has a clock of its own, the runner.
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
            // The runtime would end this process if no thread could be started.
            thread::Builder::new().spawn(|| ())?.join().ok();
            // The thread for files: no thread can be started once the list of calls is in force.
            runtime
                .block_on(runtime.spawn_blocking(|| ()))
                .map_err(io::Error::other)
        });
        let held = held.map_err(|error| CallError::not_confined(&error))?;
        (confinement.confined)(&held);

        let answer = runtime.block_on(async {
            let call = pin!(async {
                let guest = self.pre.instantiate_async(&mut store).await?;
                export(guest, &mut store).await
            });
            tokio::time::timeout(limits.time, call).await
        });
        // That thread may still be waiting: it is not waited for.
        runtime.shutdown_background();
        pass_on(&printed, &mut store.data_mut().logger);
        let Limiter { short, refused, .. } = &mut store.data_mut().limiter;
        let (short, refused) = (*short, refused.take());
        // A process calls one guest and ends soon after. To take its world apart costs as much as to make it, and the
        // kernel does it anyway.
        mem::forget(store);
        match answer {
            Err(_elapsed) => Err(CallError::Time(limits.time)),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(ended(&error, short, refused)),
        }
    }
}

/// Makes sure that a guest can open a few files: WASI has no word for too many, and it would take what it looks for as
/// missing.
fn spare_files(preopens: &[Preopen<'_>]) -> io::Result<()> {
    let dirs = preopens.first().into_iter().cycle().take(SPARE_FILES);
    let opened: io::Result<Vec<_>> = dirs.map(|dir| dir.dir.try_clone_to_owned()).collect();
    opened.map(drop)
}

/// The end of a call that was to return, where this was `short` at the last, and the machine had `refused` that.
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
    // The rest is where in the host the call was made.
    let trap = error.root_cause().to_string();
    let short = match error.downcast_ref() {
        Some(Trap::StackOverflow) => Some(Short::Stack),
        _ => short,
    };
    match short {
        Some(short) => CallError::Short { trap, short },
        None => CallError::Trap(trap),
    }
}

/// Shows what a guest printed past the contract, line by line, under the same cap.
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

/// An error with all that led to it, on one line.
fn chain(error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join(": ")
}
