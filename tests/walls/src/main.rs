//! `walls WHAT APP LAYERS`: enters the sandbox as a runner does, then tries one group of operations and prints the
//! results.
//!
//! It stands for a component that broke out of WebAssembly and runs code of its own. The tests beside it decide what
//! must be denied.

mod calls;
mod files;

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use confine::{self, Demand, Grant, ProcessLimits};

fn main() -> Result<()> {
    let mut args = std::env::args();
    let mut next = || args.next().context("walls WHAT APP LAYERS");
    let _name = next()?;
    let (what, app, layers) = (next()?, PathBuf::from(next()?), PathBuf::from(next()?));
    let (open_app, open_layers) = (File::open(&app)?, File::open(&layers)?);
    let grants = [
        Grant {
            dir: open_app.as_fd(),
            writable: false,
        },
        Grant {
            dir: open_layers.as_fd(),
            writable: true,
        },
    ];
    if what == "host" {
        let before = calls::Before::ready()?;
        line(&confine::restrict_host(open_layers.as_fd()).to_string());
        files::try_as_host(&app, &layers)?;
        return calls::try_as_host(&before);
    }
    let limits = ProcessLimits {
        open_files: 64,
        file: Some(1 << 20),
        memory: 64 << 20,
    };
    let before = calls::Before::ready()?;
    if what == "waits" {
        confine::end_after(Duration::ZERO);
    }
    let held = confine::enter(&grants, &limits, Demand::Prefer, || {
        // As in a runner, a second thread has started and waits.
        let (begun, has_begun) = mpsc::channel();
        thread::Builder::new().spawn(move || {
            let _heard = begun.send(());
            thread::park();
        })?;
        has_begun.recv().map_err(io::Error::other)
    })?;
    line(&held.to_string());
    match what.split_once(' ') {
        None if what == "level" => Ok(()),
        None if what == "waits" => waits(),
        None if what == "memory" => files::try_memory(),
        None if what == "files" => files::try_all(&app, &layers),
        None if what == "allowed" => calls::allowed(&app, &layers, &before),
        Some(("call", name)) => said(name, calls::forbidden(name, &before)?),
        _ => bail!("nothing is called {what}"),
    }
}

/// Prints the result of an attempt: `done`, or the error's number.
#[expect(clippy::unnecessary_wraps, reason = "ends main")]
fn said<T>(what: &str, outcome: Result<T, impl Into<io::Error>>) -> Result<()> {
    match outcome.map_err(Into::into) {
        Ok(_) => line(&format!("{what}: done")),
        Err(error) => line(&format!("{what}: {}", error.raw_os_error().unwrap_or(-1))),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one place that prints")]
fn line(text: &str) {
    println!("{text}");
}

/// Waits in the kernel for input that never comes.
fn waits() -> Result<()> {
    io::stdin().read_exact(&mut [0])?;
    bail!("standard input has something to say")
}
