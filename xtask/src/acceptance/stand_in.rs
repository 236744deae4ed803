//! Buildpacks that are scripts: one in place of Paketo's Python, which needs a network, and one in place of the
//! buildpack with a compiled component.

use std::fs;
use std::path::Path;

use lifecycle::folder;

use package::say;

const DETECT: &str = r#"#!/bin/sh
printf '[[provides]]\nname = "cpython"\n' > "$CNB_BUILD_PLAN_PATH"
"#;
const BUILD: &str = "#!/bin/sh\necho 'Python is there already'\n";

/// Writes the buildpack with Paketo's id and this version. The image or the machine has Python itself.
pub(super) fn write_python(dir: &Path, version: &str) -> anyhow::Result<()> {
    say::line(
        "in place of Paketo's Python: a script that provides 'cpython', and the Python of the image",
    );
    fs::create_dir_all(dir.join("bin"))?;
    let targets =
        ["amd64", "arm64"].map(|arch| format!("[[targets]]\nos = \"linux\"\narch = \"{arch}\"\n"));
    fs::write(
        dir.join("buildpack.toml"),
        format!(
            "api = \"0.10\"\n[buildpack]\nid = \"paketo-buildpacks/python\"\nversion = \"{version}\"\n\
             name = \"Stand-in for Python\"\n{}",
            targets.concat()
        ),
    )?;
    write_programs(dir, DETECT, BUILD)
}

/// A line of the script's build.
pub(super) const SCRIPT_SAYS: &str = "The script made the layer";

const SCRIPT_DETECT: &str = r#"#!/bin/sh
printf '[[requires]]\nname = "cpython"\n' > "$CNB_BUILD_PLAN_PATH"
"#;
const SCRIPT_BUILD: &str = r#"#!/bin/sh
set -eu
layer="$CNB_LAYERS_DIR/job-template"
rm -rf "$layer"
mkdir "$layer"
printf '[types]\nlaunch = true\ncache = true\n' > "$layer.toml"
printf '[[processes]]\ntype = "web"\ncommand = "true"\n' > "$CNB_LAYERS_DIR/launch.toml"
echo 'The script made the layer'
"#;

/// Writes a buildpack with this buildpack's id, and with a layer of the same name. It declares no `sbom-formats`.
pub(super) fn write_script(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir.join("bin"))?;
    let version = dir.file_name().unwrap_or_default().to_string_lossy();
    fs::write(
        dir.join("buildpack.toml"),
        format!(
            "api = \"0.8\"\n[buildpack]\nid = \"planqk-buildpacks/job-template\"\nversion = \"{version}\"\n\
             [[stacks]]\nid = \"*\"\n"
        ),
    )?;
    write_programs(dir, SCRIPT_DETECT, SCRIPT_BUILD)
}

fn write_programs(dir: &Path, detect: &str, build: &str) -> anyhow::Result<()> {
    for (name, text) in [("detect", detect), ("build", build)] {
        folder::write_program(&dir.join("bin").join(name), text.as_bytes())?;
    }
    Ok(())
}
