//! JavaScript and TypeScript: `QuickJS` or `StarlingMonkey` evaluates the project once, and its state is kept in a
//! component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::{Language, inputs, project};

/// The module of the kit that has the component's exports, and the world that it is written for.
const ENTRY: &str = "kit/component.js";
const WORLD: &str = "javascript";

/// A package of npm that has a program, and the version that the kit was tried with.
#[derive(Debug, PartialEq, Eq)]
struct Tool {
    package: &'static str,
    program: &'static str,
    version: &'static str,
}

const QUICKJS: Tool = Tool {
    package: "componentize-qjs",
    program: "componentize-qjs",
    version: "0.4.5",
};

const STARLINGMONKEY: Tool = Tool {
    package: "@bytecodealliance/componentize-js",
    program: "componentize-js",
    version: "0.23.0",
};

const TYPESCRIPT: Tool = Tool {
    package: "typescript",
    program: "tsc",
    version: "7.0.2",
};

/// The digest of all that decides on the component. Dependencies may be in a folder above the project.
pub(super) fn inputs(dir: &Path) -> anyhow::Result<String> {
    let dir = dir
        .canonicalize()
        .with_context(|| format!("can't find {}", dir.display()))?;
    let tool = engine(&manifest(&dir)?)?;
    let folders = dir.ancestors().map(|place| place.join("node_modules"));
    let folders: Vec<_> = folders.filter(|folder| folder.is_dir()).collect();
    inputs::digest(&dir, tool.program, &folders)
}

pub(super) fn compile(dir: &Path, language: Language) -> anyhow::Result<Vec<u8>> {
    let dir = &dir
        .canonicalize()
        .with_context(|| format!("can't find {}", dir.display()))?;
    let manifest = manifest(dir)?;
    let tool = engine(&manifest)?;
    let work = tempfile::tempdir().context("can't make a temporary folder")?;
    let [source, wit, output] =
        ["source", "wit", "component.wasm"].map(|name| work.path().join(name));
    project::copy(dir, &source)?;
    project::contract(dir, &wit)?;
    copy_dependencies(dir, &manifest, &source)?;
    if language == Language::Ts {
        transpile(dir, &source)?;
    }

    let mut command = Command::new(tool.find(dir)?);
    command.current_dir(&source);
    if tool == QUICKJS {
        command
            .args([
                "--sync",
                "--module-root",
                ".",
                "--js",
                ENTRY,
                "--world",
                WORLD,
            ])
            .arg("--wit")
            .arg(&wit)
            .arg("--output")
            .arg(&output);
    } else {
        command
            .args([ENTRY, "--world-name", WORLD, "--wit"])
            .arg(&wit)
            .arg("--out")
            .arg(&output)
            // Each of these imports something that the component has no use for.
            .args([
                "--disable",
                "stdio",
                "random",
                "clocks",
                "http",
                "fetch-event",
            ]);
    }
    let ended = tool.run(&mut command, dir)?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        // The temporary copy has the same files as the project.
        let said = said.replace(&*source.to_string_lossy(), &dir.to_string_lossy());
        bail!("{}{}", explained(&said, &tool), tool.other_version(dir));
    }
    fs::read(&output).with_context(|| format!("{} ended well and wrote no component", tool.program))
}

/// The content of package.json.
fn manifest(dir: &Path) -> anyhow::Result<Value> {
    let path = dir.join("package.json");
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "can't read {}. It names the compiler: {{ \"type\": \"module\", \"devDependencies\": {{ \"{}\": \"{}\" }} }}",
            path.display(),
            QUICKJS.package,
            QUICKJS.version
        )
    })?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// The compiler for the engine that package.json names.
fn engine(manifest: &Value) -> anyhow::Result<Tool> {
    match &manifest["wasm-buildpack"]["engine"] {
        Value::Null => Ok(QUICKJS),
        Value::String(name) if name == "quickjs" => Ok(QUICKJS),
        Value::String(name) if name == "starlingmonkey" => Ok(STARLINGMONKEY),
        other => bail!(
            "package.json names an unknown engine in \"wasm-buildpack\": {other}. Use \"quickjs\" or \"starlingmonkey\""
        ),
    }
}

impl Tool {
    /// The program in the project's `node_modules`, or in that of a folder above, as in npm's workspaces.
    fn find(&self, dir: &Path) -> anyhow::Result<PathBuf> {
        let places = dir.ancestors();
        let mut places = places.map(|place| place.join("node_modules/.bin").join(self.program));
        places.find(|place| place.exists()).with_context(|| {
            format!(
                "'{}' is not in {}. If package.json has \"{}\": \"{}\" in its devDependencies, run 'npm install' there",
                self.program,
                dir.join("node_modules/.bin").display(),
                self.package,
                self.version
            )
        })
    }

    fn run(&self, command: &mut Command, dir: &Path) -> anyhow::Result<Output> {
        let ended = project::run(command)?.with_context(|| {
            format!(
                "'{}' can't be started: it may lack its interpreter, 'node'",
                self.program
            )
        })?;
        // The status of `env` if there is no such program.
        if ended.status.code() == Some(127) {
            bail!(
                "'{}' in {} needs 'node', which is not on the PATH. Install Node.js 20 or newer",
                self.program,
                dir.display()
            );
        }
        Ok(ended)
    }

    /// The sentence that names the installed version, if it is not the one that the kit was tried with.
    fn other_version(&self, dir: &Path) -> String {
        let found = dir.ancestors().find_map(|place| {
            let manifest = place
                .join("node_modules")
                .join(self.package)
                .join("package.json");
            let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest).ok()?).ok()?;
            Some(manifest["version"].as_str()?.to_owned())
        });
        match found {
            Some(found) if found != self.version => format!(
                "\nThis is {} {found}, and the kit was tried with {}: npm install --save-dev --save-exact {}@{}",
                self.package, self.version, self.package, self.version
            ),
            _ => String::new(),
        }
    }
}

/// Copies the packages that the project depends on, and those that they depend on. The tools themselves are not copied:
/// they are among the devDependencies.
fn copy_dependencies(dir: &Path, manifest: &Value, to: &Path) -> anyhow::Result<()> {
    let mut wanted = dependencies(manifest);
    let mut copied = Vec::new();
    while let Some(name) = wanted.pop() {
        if copied.contains(&name) {
            continue;
        }
        let is_plain = |part: &str| !matches!(part, "" | "." | "..");
        ensure!(
            name.split('/').all(is_plain),
            "package.json names a dependency '{}', which is not the name of a package",
            text::shown(&name)
        );
        let mut places = dir
            .ancestors()
            .map(|place| place.join("node_modules").join(&name));
        let from = places.find(|place| place.is_dir()).with_context(|| {
            format!(
                "the package '{name}' is not installed: run 'npm install' in {}",
                dir.display()
            )
        })?;
        project::copy(&from, &to.join("node_modules").join(&name))?;
        wanted.extend(dependencies(&self::manifest(&from)?));
        copied.push(name);
    }
    Ok(())
}

fn dependencies(manifest: &Value) -> Vec<String> {
    let names = manifest["dependencies"].as_object().into_iter().flatten();
    names.map(|(name, _)| name.clone()).collect()
}

/// Compiles the project's TypeScript into the copy. An error of types is an error of the build.
fn transpile(dir: &Path, to: &Path) -> anyhow::Result<()> {
    if !dir.join("tsconfig.json").is_file() {
        bail!(
            "{} has no tsconfig.json, which names the compiler's options. 'wasm-buildpack new --lang ts' makes one",
            dir.display()
        );
    }
    let mut command = Command::new(TYPESCRIPT.find(dir)?);
    command
        .current_dir(dir)
        .args([
            "--project",
            ".",
            "--noEmit",
            "false",
            "--rootDir",
            ".",
            "--outDir",
        ])
        .arg(to);
    let ended = TYPESCRIPT.run(&mut command, dir)?;
    if ended.status.success() {
        return Ok(());
    }
    // tsc reports errors on its standard output.
    let said = [ended.stdout, ended.stderr].concat();
    bail!(
        "the TypeScript compiler reports errors:\n{}{}",
        String::from_utf8_lossy(&said).trim(),
        TYPESCRIPT.other_version(dir)
    )
}

/// The part of a tool's output that concerns the author, and advice.
fn explained(said: &str, tool: &Tool) -> String {
    /// `QuickJS` declares a module after it has parsed it and found its imports.
    const DECLARED: &str = "Failed to declare JavaScript module: ";
    const BEFORE: [&str; 3] = [
        DECLARED,
        "Failed to finish JavaScript module evaluation: ",
        "Exception while evaluating top-level script\n",
    ];
    let cut = BEFORE.iter().find_map(|before| said.split_once(before));
    let Some((_, fault)) = cut else {
        return format!("{} failed:\n{}", tool.program, said.trim());
    };
    // The stack of the tool itself, and what StarlingMonkey repeats.
    let ours = |line: &&str| {
        !line.contains("file:///") && !line.starts_with("Additionally, some promises")
    };
    let fault: Vec<_> = fault.lines().take_while(ours).collect();
    let fault = fault
        .join("\n")
        .trim()
        .replace("(/", "(")
        .replace(" at /", " at ");
    let is_missing =
        fault.contains("Error resolving module") || fault.contains("Error loading module");
    let advice = if is_missing && fault.contains("'node:") || fault.contains("\"node:") {
        "A component has no modules of node. Files are read by 'app' of the context: app.readText(\"…\")."
    } else if is_missing {
        "A module must be a file of the project, or a package in the \"dependencies\" of package.json that 'npm install' \
         has installed."
    } else if said.contains(DECLARED) || fault.contains(" SyntaxError: ") {
        "The source is not valid JavaScript at this place. Correct it and try again."
    } else if fault.contains("the buildpack exports no function") {
        "A buildpack exports two functions: detect(context) and build(context)."
    } else {
        "The module is evaluated while the component is made, in a sandbox without network, files and processes. Move \
         what needs an application into 'detect' or 'build'."
    };
    format!("the source can't be evaluated:\n{fault}\n{advice}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_engine_is_quickjs_unless_another_is_named() {
        assert_eq!(engine(&json!({})).unwrap(), QUICKJS);
        let named = |name: &str| engine(&json!({ "wasm-buildpack": { "engine": name } }));
        assert_eq!(named("quickjs").unwrap(), QUICKJS);
        assert_eq!(named("starlingmonkey").unwrap(), STARLINGMONKEY);
        let error = named("v8").unwrap_err().to_string();
        assert!(
            error.contains("unknown engine") && error.contains("\"v8\""),
            "{error}"
        );
    }

    #[test]
    fn a_fault_of_the_author_is_shown_without_the_tool() {
        let quickjs = "componentize-qjs\n  WIT:    wit\nError: : Failed to evaluate user JavaScript module: Failed to finish \
             JavaScript module evaluation: Error: nothing is not defined\n    at f (/buildpack.js:29:23)\n    at \
             <anonymous> (/buildpack.js:30:1)\n\n";
        let shown = explained(quickjs, &QUICKJS);
        assert!(
            shown.starts_with(
                "the source can't be evaluated:\nError: nothing is not defined\n    at f (buildpack.js:29:23)\n    at \
                 <anonymous> (buildpack.js:30:1)\nThe module is evaluated while"
            ),
            "{shown}"
        );
        let starlingmonkey = "file:///x/componentize.js:365\n    throw new Error(err);\n\nError: Failed to initialize \
             component (wizer (x)):\nException while evaluating top-level script\nbuildpack.js:29:16 ReferenceError: \
             nothing is not defined\nAdditionally, some promises were rejected\n    at componentize (file:///x:1)\n";
        let shown = explained(starlingmonkey, &STARLINGMONKEY);
        assert!(
            shown.starts_with(
                "the source can't be evaluated:\nbuildpack.js:29:16 ReferenceError: nothing is not defined\nThe module"
            ),
            "{shown}"
        );
    }

    #[test]
    fn a_fault_of_syntax_gets_the_fitting_advice() {
        let quickjs = "Error: : Failed to evaluate user JavaScript module: Failed to declare JavaScript module: Error: \
             identifier or string expected\n    at /buildpack.js:3:9\n";
        let starlingmonkey = "Error: Failed to initialize component (wizer (x)):\nException while evaluating top-level \
             script\nbuildpack.js:3:9 SyntaxError: missing import name:\nbuildpack.js:3:9 import {{ pass }\n";
        for (said, tool) in [(quickjs, QUICKJS), (starlingmonkey, STARLINGMONKEY)] {
            let shown = explained(said, &tool);
            assert!(shown.contains("buildpack.js:3:9"), "{shown}");
            assert!(
                shown.contains("is not valid JavaScript at this place"),
                "{shown}"
            );
            assert!(!shown.contains("Move what needs"), "{shown}");
        }
    }

    #[test]
    fn a_module_that_is_not_there_gets_the_fitting_advice() {
        let said = |name: &str| {
            format!(
                "Error: : Failed to evaluate user JavaScript module: Failed to declare JavaScript module: Error: Error \
                 resolving module '{name}' from '/buildpack.js': filesystem module not found"
            )
        };
        assert!(explained(&said("node:fs"), &QUICKJS).contains("no modules of node"));
        assert!(explained(&said("left-pad"), &QUICKJS).contains("\"dependencies\""));
    }

    #[test]
    fn a_missing_tool_is_named_with_its_version() {
        let folder = tempfile::tempdir().unwrap();
        let error = QUICKJS.find(folder.path()).unwrap_err().to_string();
        assert!(error.contains("\"componentize-qjs\": \"0.4.5\""), "{error}");
        assert!(error.contains("npm install"), "{error}");
    }

    #[test]
    fn dependencies_are_copied_with_theirs_and_without_the_tools() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        for (name, text) in [
            ("one", r#"{"dependencies":{"@a/two":"1"}}"#),
            ("@a/two", r#"{"dependencies":{"one":"1"}}"#),
            ("tool", "{}"),
        ] {
            let package = dir.join("node_modules").join(name);
            fs::create_dir_all(&package).unwrap();
            fs::write(package.join("package.json"), text).unwrap();
        }
        let manifest =
            json!({ "dependencies": { "one": "1" }, "devDependencies": { "tool": "1" } });
        let to = dir.join("copy");
        copy_dependencies(dir, &manifest, &to).unwrap();
        assert!(to.join("node_modules/one/package.json").is_file());
        assert!(to.join("node_modules/@a/two/package.json").is_file());
        assert!(!to.join("node_modules/tool").exists());
        let manifest = json!({ "dependencies": { "three": "1" } });
        let error = copy_dependencies(dir, &manifest, &to)
            .unwrap_err()
            .to_string();
        assert!(error.contains("'three' is not installed"), "{error}");
    }
}
