//! `cargo xtask kernels DIR`: boots each kernel in a folder in a virtual machine, tries the sandbox there, and prints
//! a table.
//!
//! The virtual machine gets only the files that are made here and a console. Nothing is downloaded.

mod archive;
mod components;
mod machine;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use lifecycle::Lifecycle;
use lifecycle::folder;
use server::app;
use server::git_server::http::Length;
use server::git_server::{Exchange, GitServer};
use server::repository::Repository;

use self::archive::Archive;
use self::components::Try;
use self::machine::{By, Image};
use self::report::{Outcome, Report, table};
use package::arch::Arch;
use package::cargo::Profile;
use package::{build, cargo, say, trial};

/// The template's path on its server, as buildpack.toml says.
const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";
/// Not a token of any real server.
const TOKEN: &str = "kernels-token-7a3f9c02";
/// The address of the server in the virtual machine.
const ORIGIN: &str = "http://127.0.0.1:8089";
/// The user that builds in the virtual machine.
const USER: u32 = 1000;
const ROOT: u32 = 0;

/// Tries every kernel in a folder. Fails if one gives a wrong result or none.
pub fn run(options: &[&str]) -> Result<()> {
    let [dir] = *options else {
        bail!("kernels needs one DIR: a folder with kernels, such as vmlinuz-6.1.0-50-amd64");
    };
    let arch = Arch::here()?;
    let version = machine::version(arch)?;
    let images = images(Path::new(dir))?;
    let own = |image: &Image| *image == Image::Kernel(arch);
    ensure!(
        images.iter().any(|(_, image)| own(image)),
        "{dir} has no kernel for {} that QEMU can boot",
        arch.name()
    );
    let folder = tempfile::tempdir()?;
    let files = folder.path().join("files");
    let tries = components::all()?;
    fs::write(&files, boot_files(arch, &tries)?)?;
    let (mut rows, mut by) = (Vec::new(), By::here());
    for (path, image) in images {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let outcome = match image {
            Image::Other => {
                say::step(&format!("not a kernel: {name}"));
                continue;
            }
            Image::Kernel(found) if found == arch => {
                say::step(&format!("booting {name}"));
                boot(&mut by, arch, &path, &files, &tries)?
            }
            Image::Kernel(found) => Outcome::Skipped(format!("it is for {}", found.name())),
            Image::ForFirmware => {
                Outcome::Skipped("it is compressed for firmware (EFI zboot)".to_owned())
            }
        };
        rows.push((name.into_owned(), outcome));
    }
    let with = match by {
        By::Kvm => "KVM",
        By::Emulation => "emulated",
    };
    say::line(&format!("\n{version}, {}, {with}\n", arch.name()));
    for line in table(&rows) {
        say::line(&line);
    }
    let failed = rows.iter().filter(|(_, outcome)| failed(outcome)).count();
    ensure!(
        failed == 0,
        "{failed} of {} kernels failed: see above",
        rows.len()
    );
    Ok(())
}

fn failed(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Booted(report) => !report.is_right(),
        Outcome::Silent(_) => true,
        Outcome::Skipped(_) => false,
    }
}

/// Boots a kernel and reads its report. If there is none under KVM, this and all later kernels are emulated.
fn boot(by: &mut By, arch: Arch, kernel: &Path, files: &Path, tries: &[Try]) -> Result<Outcome> {
    let mut console = machine::boot(*by, arch, kernel, files)?;
    let mut report = Report::parse(&console.lines, tries);
    if *by == By::Kvm && report.is_none() {
        say::step("KVM gave no report: each kernel is emulated from here on, which takes minutes");
        *by = By::Emulation;
        console = machine::boot(*by, arch, kernel, files)?;
        report = Report::parse(&console.lines, tries);
    }
    let problems = match &report {
        Some(report) => report.problems(),
        // The kernel's last messages may say why there is no report.
        None => console.lines[console.lines.len().saturating_sub(20)..].to_vec(),
    };
    for line in problems {
        say::line(&format!("  {line}"));
    }
    Ok(match report {
        Some(report) => Outcome::Booted(Box::new(report)),
        None if console.ended => Outcome::Silent("the machine ended too early".to_owned()),
        None => Outcome::Silent("it was stopped at its deadline".to_owned()),
    })
}

/// The files in a folder, sorted by name. Links are followed.
fn images(dir: &Path) -> Result<Vec<(PathBuf, Image)>> {
    let mut images = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("can't list {}", dir.display()))? {
        let path = entry?.path();
        if path.is_file() {
            let image = Image::of(&path)?;
            images.push((path, image));
        }
    }
    images.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(images)
}

/// The only files of the virtual machine, which it boots with.
fn boot_files(arch: Arch, tries: &[Try]) -> Result<Vec<u8>> {
    let buildpack = build::buildpack(Profile::Release)?;
    say::step("building the first process and `walls` (static)");
    let mut files = Archive::default();
    files.folder("dev", ROOT)?;
    files.console()?;
    files.file("init", 0o755, ROOT, &fs::read(cargo::first_process(arch)?)?)?;
    files.file("walls", 0o755, ROOT, &fs::read(cargo::walls(arch)?)?)?;
    files.folder("etc", ROOT)?;
    for (name, text) in [
        ("passwd", "root:x:0:0::/:\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ] {
        files.file(&format!("etc/{name}"), 0o644, ROOT, text.as_bytes())?;
    }
    files.tree("buildpack", ROOT, &folder::snapshot(&buildpack)?)?;
    files.tree("workspace", USER, &folder::snapshot(&app::sample())?)?;
    add_world(&mut files)?;
    files.folder("replay", ROOT)?;
    for (n, exchange) in answers(&buildpack)?.iter().enumerate() {
        let answer = exchange.response.bytes(Length::Known);
        files.file(&format!("replay/{n}"), 0o644, ROOT, &answer)?;
    }
    add_place(&mut files)?;
    add_components(&mut files, tries)?;
    files.finish()
}

/// Adds a platform directory with a binding that names the server in the virtual machine.
fn add_world(files: &mut Archive) -> Result<()> {
    for path in [
        "world",
        "world/platform",
        "world/platform/env",
        "world/platform/bindings",
        "world/platform/bindings/template",
    ] {
        files.folder(path, ROOT)?;
    }
    for (name, text) in [("type", "gitlab"), ("token", TOKEN), ("url", ORIGIN)] {
        let path = format!("world/platform/bindings/template/{name}");
        files.file(&path, 0o644, ROOT, text.as_bytes())?;
    }
    Ok(())
}

/// Adds a place for `walls`, like that of its own tests. The user owns all of it, so that only the sandbox can deny
/// access.
fn add_place(files: &mut Archive) -> Result<()> {
    for path in [
        "place",
        "place/app",
        "place/app/src",
        "place/platform",
        "place/platform/env",
        "place/platform/bindings",
        "place/platform/bindings/b",
    ] {
        files.folder(path, USER)?;
    }
    for (path, text) in [
        ("place/app/planqk.json", "{}"),
        ("place/platform/env/BP_GITLAB_TOKEN", "token"),
        ("place/platform/bindings/b/token", "token"),
    ] {
        files.file(path, 0o644, USER, text.as_bytes())?;
    }
    Ok(())
}

/// Adds the components of the tests, compiled on this machine, and the list of tries.
fn add_components(files: &mut Archive, tries: &[Try]) -> Result<()> {
    let list: Vec<_> = tries.iter().map(|one| &one.name[..]).collect();
    files.file("tries", 0o644, ROOT, list.join("\n").as_bytes())?;
    files.folder("components", ROOT)?;
    say::step("compiling the components of the tests, which takes minutes the first time");
    for guest in components::guests(tries) {
        // Their contents are from a source with this name, as in the tests.
        let mut descriptor = trial::DESCRIPTOR.to_owned();
        if guest.starts_with("returns_") {
            descriptor = descriptor.replace("sources.template]", "sources.job-template]");
        }
        // An emulated machine is slow. Only components that never end shall reach the time limit.
        if guest.ends_with("_forever") {
            descriptor = descriptor.replace("seconds = 300\n", "seconds = 5\n");
        }
        let buildpack = trial::guest(guest, &descriptor)?;
        let mut entries = folder::snapshot(&buildpack.path().join("buildpack"))?;
        // The virtual machine has one host for all of them.
        entries.retain(|entry| !entry.path.starts_with("bin"));
        files.tree(&format!("components/{guest}"), ROOT, &entries)?;
    }
    Ok(())
}

/// The answers of a git server to a build on this machine.
fn answers(buildpack: &Path) -> Result<Vec<Exchange>> {
    let repository = Repository::template()?;
    let server = GitServer::options()
        .repository(TEMPLATE, repository.git_dir())
        .token("oauth2", TOKEN)
        .start()?;
    let world = Lifecycle::with_app(buildpack, &app::sample())?;
    let origin = server.origin();
    let binding = [("type", "gitlab"), ("token", TOKEN), ("url", &origin[..])];
    world.binding("template", &binding)?;
    let built = world.build()?;
    ensure!(built.passed(), "bin/build failed here: {}", built.output());
    Ok(server.exchanges())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_kernel_is_an_error_and_other_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config-6.1.0"), "CONFIG_X=y").unwrap();
        fs::create_dir(folder.path().join("a-folder")).unwrap();
        let images = images(folder.path()).unwrap();
        assert_eq!(images, [(folder.path().join("config-6.1.0"), Image::Other)]);
        let missing = super::images(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().starts_with("can't list "), "{missing}");
        let error = run(&[]).unwrap_err().to_string();
        assert!(error.contains("needs one DIR"), "{error}");
    }
}
