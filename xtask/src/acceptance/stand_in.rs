//! A buildpack in place of Paketo's Python, which needs a network. It provides the plan's entry, and does nothing else.

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
    for (name, text) in [("detect", DETECT), ("build", BUILD)] {
        folder::write_program(&dir.join("bin").join(name), text.as_bytes())?;
    }
    Ok(())
}
