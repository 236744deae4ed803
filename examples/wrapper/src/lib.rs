//! Makes each `scripts/NAME.sh` of the application a command in `PATH`, and a process of the image. Each command has the
//! application's settings, lines `NAME=VALUE` in `settings.env`, as variables.
//!
//! A component has no way to make a file executable. It declares the files, and the host does so after it has ended.
//!
//! This component has no standard library, which makes it smaller: the kit's feature `small` stands in for it.

#![no_std]

extern crate alloc;
// The tests need the standard library.
#[cfg(test)]
extern crate std;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wasm_buildpack_sdk::{
    App, BuildContext, Buildpack, DetectContext, Detected, Error, Layer, Output, Process, Result,
    buildpack, info, warn,
};

const SCRIPTS: &str = "scripts";
const SETTINGS: &str = "settings.env";

struct Wrapper;

buildpack!(Wrapper);

impl Buildpack for Wrapper {
    fn detect(context: &DetectContext) -> Result<Detected> {
        let app = context.app();
        if app.is_dir(SCRIPTS) && !scripts(&app)?.is_empty() {
            Ok(Detected::pass())
        } else {
            Ok(Detected::fail("the application has no scripts/NAME.sh"))
        }
    }

    fn build(context: &BuildContext) -> Result<Output> {
        let app = context.app();
        let names = scripts(&app)?;
        let mut layer = context.layer(Layer::launch("commands"));
        layer.write("share/settings.sh", settings(&app)?)?;
        for name in &names {
            let script = app.read(&format!("{SCRIPTS}/{name}.sh"))?;
            layer.write(&format!("share/{name}.sh"), script)?;
            // The launcher puts the `bin` of each layer into PATH.
            layer.write_executable(&format!("bin/{name}"), command(name))?;
            info!("{name}: a command, and a process");
        }
        let output = Output::new().layer(layer);
        let processes = names.iter().map(|name| {
            let mut process = Process::new(name, [name]);
            process.default = name == "web" || names.len() == 1;
            process
        });
        Ok(processes.fold(output, Output::process))
    }
}

/// The sorted names of the scripts, without `.sh`.
fn scripts(app: &App) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in app.list(SCRIPTS)? {
        let Some(name) = file.strip_suffix(".sh") else {
            continue;
        };
        if is_name(name) {
            names.push(name.to_owned());
        } else {
            warn!(
                "{SCRIPTS}/{file} is left out: only letters, digits, '_' and '-' are in a command's name"
            );
        }
    }
    Ok(names)
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && !name.starts_with('-') && name.chars().all(plain)
}

/// The settings as commands of the shell.
fn settings(app: &App) -> Result<String> {
    if !app.exists(SETTINGS) {
        return Ok(String::new());
    }
    let mut text = String::new();
    for (number, line) in (1..).zip(app.read_to_string(SETTINGS)?.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let is_variable = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(plain)
        };
        let Some((name, value)) = line.split_once('=').filter(|(name, _)| is_variable(name)) else {
            return Err(Error::application(
                format!("Line {number} of {SETTINGS} is not a setting"),
                "A setting is NAME=VALUE, and its name has only letters, digits and '_'. Correct the line.",
            ));
        };
        let quoted = value.replace('\'', r"'\''");
        text.push_str(&format!("export {name}='{quoted}'\n"));
    }
    Ok(text)
}

/// The program that runs a script with the settings. It finds its own layer, wherever that is.
fn command(name: &str) -> String {
    format!(
        "#!/bin/sh\nset -eu\nlayer=$(dirname \"$(dirname \"$0\")\")\n. \"$layer/share/settings.sh\"\n\
         exec sh \"$layer/share/{name}.sh\" \"$@\"\n"
    )
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use std::fs;
    use std::process::Command;

    use wasm_buildpack_sdk::testing::Sample;

    use super::*;

    #[test]
    fn hello_has_a_command_for_each_script_and_starts_web() {
        let sample = Sample::new("samples/hello/app");
        assert_eq!(sample.detect::<Wrapper>().result.unwrap(), Detected::pass());
        let expected = Output::new()
            .layer(
                Layer::launch("commands")
                    .executable("bin/greet")
                    .executable("bin/web"),
            )
            .process(Process::new("greet", ["greet"]))
            .process(Process::new("web", ["web"]).as_default());
        assert_eq!(sample.build::<Wrapper>().result.unwrap(), expected);
    }

    #[test]
    fn a_command_has_its_arguments_and_the_settings() {
        let sample = Sample::new("samples/hello/app");
        sample.build::<Wrapper>().result.unwrap();
        let greet = sample.layers_dir().join("commands/bin/greet");
        let ran = Command::new("sh").arg(greet).arg("you").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "Hello, you\n");
    }

    #[test]
    fn an_application_without_scripts_is_not_detected() {
        let detected = Sample::new("samples").detect::<Wrapper>().result.unwrap();
        assert_eq!(
            detected,
            Detected::fail("the application has no scripts/NAME.sh")
        );
    }

    #[test]
    fn a_value_is_quoted_and_a_line_that_is_no_setting_is_an_error() {
        let folder = Sample::new("samples");
        let app = App::at(folder.layers_dir().to_str().unwrap());
        assert_eq!(settings(&app).unwrap(), "");
        fs::write(folder.layers_dir().join(SETTINGS), "A=it's $HOME\n\nB=\n").unwrap();
        assert_eq!(
            settings(&app).unwrap(),
            "export A='it'\\''s $HOME'\nexport B=''\n"
        );
        fs::write(folder.layers_dir().join(SETTINGS), "A=1\n$(B)=2\n").unwrap();
        let error = settings(&app).unwrap_err().to_string();
        assert!(
            error.starts_with("Line 2 of settings.env is not a setting"),
            "{error}"
        );
    }
}
