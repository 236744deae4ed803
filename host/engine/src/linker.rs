//! Links the interfaces that a component imports.
//!
//! The functions of these interfaces live elsewhere.

use std::collections::BTreeSet;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, StoreContextMut};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView as _};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView as _};

use super::counting;
use super::state::State;
use contract::Version;
use contract::log::{self, Level};

/// The prefix of the contract's interfaces.
const CONTRACT: &str = "wasm-buildpacks:buildpack/";

/// Links the interfaces that this host offers and the component imports: the contract's log, and the part of WASI that
/// Rust's standard library needs, without sockets. Linking an interface that is not imported would cost time in every
/// phase.
pub(super) fn linker(
    engine: &Engine,
    imports: &Imports,
    version: Version,
) -> wasmtime::Result<Linker<State>> {
    let mut linker: Linker<State> = Linker::new(engine);
    let l = &mut linker;
    match version {
        Version::V0_1 | Version::V0_2 => older_log(l, version),
        Version::V0_3 => log::add_to_linker::<State, HasSelf<State>>(l, |state| state),
    }?;

    let streams = imports.have_streams();
    if streams {
        // Also links both clocks, random numbers, standard output and standard error.
        wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(l)?;
    }
    for interface in &imports.0 {
        match interface.as_str() {
            "wasi:clocks/wall-clock" if !streams => {
                clocks::wall_clock::add_to_linker::<State, WasiClocks>(l, State::clocks)
            }
            "wasi:clocks/monotonic-clock" => {
                // Replaces WASI's own, which waits.
                l.allow_shadowing(true);
                clocks::monotonic_clock::add_to_linker::<State, HasSelf<State>>(l, |state| state)
            }
            "wasi:random/random" if !streams => {
                random::random::add_to_linker::<State, WasiRandom>(l, State::random)
            }
            "wasi:random/insecure" => {
                random::insecure::add_to_linker::<State, WasiRandom>(l, State::random)
            }
            "wasi:random/insecure-seed" => {
                random::insecure_seed::add_to_linker::<State, WasiRandom>(l, State::random)
            }
            "wasi:cli/environment" => {
                cli::environment::add_to_linker::<State, WasiCli>(l, State::cli)
            }
            "wasi:cli/exit" => cli::exit::add_to_linker::<State, WasiCli>(l, State::cli),
            "wasi:cli/terminal-input" => {
                cli::terminal_input::add_to_linker::<State, WasiCli>(l, State::cli)
            }
            "wasi:cli/terminal-output" => {
                cli::terminal_output::add_to_linker::<State, WasiCli>(l, State::cli)
            }
            "wasi:cli/terminal-stdin" => {
                cli::terminal_stdin::add_to_linker::<State, WasiCli>(l, State::cli)
            }
            "wasi:cli/terminal-stdout" => {
                cli::terminal_stdout::add_to_linker::<State, WasiCli>(l, State::cli)
            }
            "wasi:cli/terminal-stderr" => {
                cli::terminal_stderr::add_to_linker::<State, WasiCli>(l, State::cli)
            }
            "wasi:filesystem/preopens" => {
                filesystem::preopens::add_to_linker::<State, WasiFilesystem>(l, State::filesystem)
            }
            "wasi:filesystem/types" => {
                filesystem::types::add_to_linker::<State, WasiFilesystem>(l, State::filesystem)
                    .and_then(|()| counting::count(l))
            }
            // Already linked, or not offered: then instantiation fails and names it.
            _ => Ok(()),
        }?;
    }
    Ok(linker)
}

/// Links the log of an older version: the function is that of the newest one, under its older name.
fn older_log(linker: &mut Linker<State>, version: Version) -> wasmtime::Result<()> {
    let name = format!("{CONTRACT}log@{version}.0");
    let write = |mut store: StoreContextMut<'_, State>, (level, message): (Level, String)| {
        store.data_mut().logger.write(level, &message);
        Ok(())
    };
    linker.instance(&name)?.func_wrap("log", write)
}

/// The interfaces that a component imports, without their versions.
pub(super) struct Imports(BTreeSet<String>);

impl Imports {
    pub(super) fn of(names: &[String]) -> Self {
        let interface = |name: &String| name.split('@').next().map(str::to_owned);
        Self(names.iter().filter_map(interface).collect())
    }

    /// Whether the component can start to read or write and wait for the end later.
    pub(super) fn have_streams(&self) -> bool {
        self.0.iter().any(|name| name.starts_with("wasi:io/"))
    }
}

/// The version of the contract that a component with these imports speaks. If this host does not speak it, or if there
/// are several, the error lists them. A component without any of the contract's interfaces is treated as one of the
/// newest version: its exports must have the types of that version.
pub(super) fn version(names: &[String]) -> Result<Version, String> {
    let spoken: BTreeSet<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix(CONTRACT)?.split_once('@'))
        .map(|(_, version)| version)
        .collect();
    let known: BTreeSet<_> = spoken.iter().map(|text| Version::of(text)).collect();
    match &known.into_iter().collect::<Vec<_>>()[..] {
        [] => Ok(Version::V0_3),
        [Some(version)] => Ok(*version),
        _ => Err(Vec::from_iter(spoken).join(" and ")),
    }
}
