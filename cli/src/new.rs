//! `new`: makes a project from a language's template and kit. Both are in the tool, so nothing is downloaded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};

use crate::assets::{self, Embedded};
use crate::languages::Language;
use crate::show;

/// The longest name, in characters.
const LONGEST: usize = 64;
/// The part of a buildpack's id before its name, until its author chooses another.
const OWNER: &str = "example";
/// The folder of the kit in a project.
const KIT: &str = "kit";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The new directory. Its last part is the buildpack's name.
    dir: PathBuf,
    /// The language of the buildpack's source.
    #[arg(long, value_enum)]
    lang: Language,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let dir = &options.dir;
    let whole = std::path::absolute(dir)
        .with_context(|| format!("The directory cannot be made: '{}'", dir.display()))?;
    let name = name(&whole)?;
    let language = options.lang.name();
    let files = files(
        &assets::template(language),
        &assets::kit(kit(options.lang)),
        &name,
        &format!("{OWNER}/{name}"),
    );
    ensure!(
        files.len() > 1,
        "The tool has no template for '{language}'\nIt was built from an incomplete checkout. Build it again from a complete one."
    );
    write(&whole, &files)?;
    show::out(&format!(
        "Made {} with {} files. What comes next, and what {language} needs, is in its README.md:\n",
        dir.display(),
        files.len()
    ));
    if dir != Path::new(".") {
        show::out(&format!("  cd {}", dir.display()));
    }
    show::out(
        "  wasm-buildpack run --app samples/hello/app --start\n  \
         wasm-buildpack test\n  \
         wasm-buildpack package",
    );
    Ok(ExitCode::SUCCESS)
}

/// The name of a language's kit in `sdk/`.
fn kit(language: Language) -> &'static str {
    match language {
        Language::Ts => Language::Js.name(),
        other => other.name(),
    }
}

/// The name of the buildpack in a directory: a name that each of the languages and the lifecycle accept.
fn name(dir: &Path) -> anyhow::Result<String> {
    let name = dir.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("The directory has no name: '{}'", dir.display()))?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    ensure!(
        starts && name.chars().all(plain) && !name.ends_with('-') && name.len() <= LONGEST,
        "The directory's name cannot be a buildpack's: '{}'\n\
         Some of the languages and registries accept only simple names.\n\
         Choose a name that starts with a lower-case letter, ends with a letter or digit, and has at most {LONGEST} \
         lower-case letters, digits and '-'.",
        text::shown(name)
    );
    Ok(name.to_owned())
}

/// The files of a new project, with their paths in it.
fn files(template: &[Embedded], kit: &[Embedded], name: &str, id: &str) -> Vec<(String, Vec<u8>)> {
    let template = template.iter().map(|(path, content)| {
        let filled = match str::from_utf8(content) {
            Ok(text) => {
                let text = text.replace("{{name}}", name).replace("{{id}}", id);
                text.into_bytes()
            }
            Err(_) => content.to_vec(),
        };
        ((*path).to_owned(), filled)
    });
    let kit = kit
        .iter()
        .map(|(path, content)| (format!("{KIT}/{path}"), content.to_vec()));
    template.chain(kit).collect()
}

/// Writes the files into a directory that does not exist yet, or is empty. The directory appears when it is complete: all
/// is written into a folder beside it first.
fn write(dir: &Path, files: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let exists = match fs::read_dir(dir) {
        Ok(mut entries) => {
            if let Some(entry) = entries.next() {
                bail!(
                    "The directory is not empty: '{}'\nIt contains '{}'. Choose a new or an empty directory.",
                    dir.display(),
                    text::shown_os(&entry?.file_name())
                );
            }
            true
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => {
            let text = format!("The directory cannot be made: '{}'", dir.display());
            return Err(error).context(text);
        }
    };
    let beside = dir.parent().context("The directory has no parent")?;
    fs::create_dir_all(beside)
        .with_context(|| format!("The directory cannot be made: '{}'", beside.display()))?;
    let staged = tempfile::Builder::new()
        .prefix(".wasm-buildpack-")
        .tempdir_in(beside)
        .with_context(|| format!("Nothing can be written into '{}'", beside.display()))?;
    // The temporary folder itself is closed to others.
    let complete = staged.path().join("complete");
    fs::create_dir(&complete)?;
    for (path, content) in files {
        let path = complete.join(path);
        let folder = path.parent().unwrap_or(&complete);
        fs::create_dir_all(folder)?;
        fs::write(&path, content)
            .with_context(|| format!("The file cannot be written: '{}'", path.display()))?;
    }
    if !exists {
        return fs::rename(&complete, dir)
            .with_context(|| format!("The directory cannot be made: '{}'", dir.display()));
    }
    // The directory may be the shell's own, so it is filled and not replaced.
    for entry in fs::read_dir(&complete)? {
        let entry = entry?;
        let to = dir.join(entry.file_name());
        fs::rename(entry.path(), &to)
            .with_context(|| format!("The file cannot be made: '{}'", to.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    const TEMPLATE: [Embedded; 2] = [
        ("buildpack.toml", b"id = \"{{id}}\"\nname = \"{{name}}\"\n"),
        ("samples/hello/app/Procfile", b"web: {{x}}\n"),
    ];
    const A_KIT: [Embedded; 1] = [("api.py", b"\xff{{name}}")];

    fn hello() -> Vec<(String, Vec<u8>)> {
        files(&TEMPLATE, &A_KIT, "hello", "example/hello")
    }

    /// Names that an example has and its template does not: tools, results that an author's own commands write, and the
    /// kit, which is a link.
    const BESIDE: [&str; 7] = [
        ".venv",
        "Cargo.lock",
        "__pycache__",
        "kit",
        "node_modules",
        "package.toml",
        "target",
    ];

    #[test]
    fn the_examples_are_what_new_makes() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        for language in Language::value_variants() {
            let language = language.name();
            let example = examples.join(language);
            let name = match language {
                "rust" => "procfile".to_owned(),
                other => format!("procfile-{other}"),
            };
            let id = format!("examples/procfile-{language}");
            let made = files(&assets::template(language), &[], &name, &id);
            assert!(made.len() > 5, "{language}: {} files", made.len());
            for (path, content) in &made {
                let there = fs::read(example.join(path)).unwrap();
                assert_eq!(
                    String::from_utf8_lossy(&there),
                    String::from_utf8_lossy(content),
                    "{language}/{path}"
                );
            }
            for entry in fs::read_dir(&example).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let is_made = made
                    .iter()
                    .any(|(path, _)| path.split('/').next() == Some(&name));
                assert!(
                    is_made || BESIDE.contains(&&*name),
                    "{language}/{name} is not in the template"
                );
            }
        }
    }

    #[test]
    fn a_project_has_the_template_filled_and_the_kit_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for dir in ["new", "deep/er/one", "empty"] {
            let dir = folder.path().join(dir);
            if dir.ends_with("empty") {
                fs::create_dir(&dir).unwrap();
            }
            write(&dir, &hello()).unwrap();
            let read = |path: &str| fs::read(dir.join(path)).unwrap();
            assert_eq!(
                read("buildpack.toml"),
                b"id = \"example/hello\"\nname = \"hello\"\n"
            );
            assert_eq!(read("samples/hello/app/Procfile"), b"web: {{x}}\n");
            assert_eq!(read("kit/api.py"), b"\xff{{name}}");
        }
        let left = fs::read_dir(folder.path()).unwrap();
        let hidden = left.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with('.')
        });
        assert_eq!(hidden.count(), 0);
    }

    #[test]
    fn a_directory_with_anything_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "mine").unwrap();
        let error = write(folder.path(), &hello()).unwrap_err();
        assert!(error.to_string().contains("It contains 'mine'"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let file = folder.path().join("mine");
        let error = write(&file, &hello()).unwrap_err();
        assert!(error.to_string().contains("cannot be made"), "{error}");
    }

    #[test]
    fn the_name_comes_from_the_directory_and_must_be_simple() {
        assert_eq!(
            name(Path::new("/a/my-buildpack2")).unwrap(),
            "my-buildpack2"
        );
        let long = "a".repeat(LONGEST + 1);
        for bad in ["My", "2nd", "-a", "a-", "a_b", "a b", "a.b", "é", &long] {
            let error = name(&Path::new("/a").join(bad)).unwrap_err().to_string();
            assert!(error.contains("Choose a name that starts"), "{error}");
        }
        name(Path::new("/")).unwrap_err();
    }
}
