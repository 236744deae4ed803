//! `package`: makes what `pack buildpack package` takes, with a complete buildpack directory for each architecture.

use std::path::PathBuf;
use std::process::ExitCode;

use ::package::layout::DESCRIPTOR;
use ::package::project::{self, PACKAGE};
use ::package::vendor::{Wanted, fetch};
use ::package::{platforms, say};
use cnb::context::Environment;
use cnb::descriptor::Descriptor;
use report::Report;

use crate::assets::Assets;
use crate::build::{self, Remembering};

/// The options of `package`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder of the project.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Takes this component or core module, and builds no source.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Puts a source into the package, so that a build needs neither a network nor a token for it. WHAT is the revision
    /// of a source in a repository, or a folder with the files of a source that an application lists. Files that
    /// buildpack.toml lists are all fetched, so there it is left out.
    #[arg(long, value_name = "SOURCE[=WHAT]")]
    vendor: Vec<Wanted>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let dir = &options.dir;
    let descriptor = project::descriptor(dir)?;
    if !options.vendor.is_empty() {
        hide(Report::new(false, None));
    }
    let brought = fetch(&descriptor, &options.vendor, &Environment::from_process())?;
    let component = build::component(dir, options.component.as_deref())?;
    let target = dir.join("target");
    let assets = Assets::new()?;
    let programs = Remembering::new(&assets, &target)?;
    let package = target.join("package");
    platforms::lay_out(&package, &descriptor, &component, &brought, &programs)?;
    if project::write_package(dir)? {
        say::step(&format!("wrote {}", dir.join(PACKAGE).display()));
    }
    say::line(&format!("package: {}", package.display()));
    say::line(&format!(
        "make an image of it: pack buildpack package {} --config {}",
        Descriptor::parse(&descriptor, DESCRIPTOR)?.id,
        dir.join(PACKAGE).display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Hides this process's memory from others of the same user, because it will hold a token.
pub(crate) fn hide(report: Report) {
    if let Err(error) = confine::hide() {
        report.warning(&format!(
            "Other processes of this user can look into this one: {error}"
        ));
    }
}
