//! The variables that a build sets for the buildpacks after this one.
//!
//! Even a buildpack with `clear-env` gets these variables, so they may decide through which proxy its token goes.
//! Nothing here decides which variables are allowed.

use std::collections::BTreeMap;

use super::check::CheckedLayer;
use super::steering::FOLDERS;
use contract::types::EnvScope;
use dir::{Dir, DirError};

/// The variables that these layers set for later buildpacks, each with its origin: a change of the environment, or a
/// folder at the root of a build layer from which the lifecycle sets variables such as `PATH`.
pub fn variables(
    layers: &Dir,
    declared: &[CheckedLayer],
) -> Result<BTreeMap<String, String>, DirError> {
    let mut set = BTreeMap::new();
    for layer in declared {
        for change in &layer.env {
            if change.scope != EnvScope::Launch {
                let by = format!("layer '{}'", layer.name);
                set.insert(change.name.to_string(), by);
            }
        }
        if !layer.types.build || layers.stat(&layer.name)?.is_none() {
            continue;
        }
        let dir = layers.open_dir(&layer.name)?;
        for (folder, names) in FOLDERS {
            if dir.stat(folder)?.is_none() {
                continue;
            }
            for name in names {
                let by = format!("the folder '{folder}' of layer '{}'", layer.name);
                set.insert((*name).to_owned(), by);
            }
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::check::{CheckedEnvChange, LayerTypes};
    use contract::types::EnvMode;

    fn layer(name: &str, build: bool) -> CheckedLayer {
        let change = |scope, name: &str| CheckedEnvChange {
            scope,
            process: None,
            name: name.parse().unwrap(),
            mode: EnvMode::Default,
            value: String::new(),
            delimiter: None,
        };
        CheckedLayer {
            name: name.parse().unwrap(),
            types: LayerTypes {
                launch: true,
                build,
                cache: false,
            },
            metadata: toml::Table::new(),
            contents: Vec::new(),
            folders: Vec::new(),
            env: vec![
                change(EnvScope::Launch, "ENTRY_POINT"),
                change(EnvScope::All, "JOB_HOME"),
                change(EnvScope::Build, "JOB_MODE"),
            ],
            exec_d: Vec::new(),
            executables: Vec::new(),
        }
    }

    fn set(build: bool, make: impl FnOnce(&std::path::Path)) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        let layers = Dir::open_ambient(folder.path()).unwrap();
        let set = variables(&layers, &[layer("tools", build)]).unwrap();
        set.into_iter().collect()
    }

    fn names(set: &[(String, String)]) -> Vec<&str> {
        set.iter().map(|(name, _)| &**name).collect()
    }

    #[test]
    fn changes_in_both_scopes_that_reach_later_buildpacks_are_found_and_those_at_launch_are_not() {
        for build in [true, false] {
            let set = set(build, |_| ());
            assert_eq!(names(&set), ["JOB_HOME", "JOB_MODE"]);
            assert_eq!(set[0].1, "layer 'tools'");
        }
    }

    #[test]
    fn a_folder_that_the_lifecycle_makes_a_variable_of_is_found_in_a_layer_for_build_alone() {
        let make = |layers: &std::path::Path| {
            fs::create_dir_all(layers.join("tools/bin")).unwrap();
            fs::create_dir_all(layers.join("tools/data/include")).unwrap();
            std::os::unix::fs::symlink("data", layers.join("tools/lib")).unwrap();
        };
        let found = set(true, make);
        let all = [
            "JOB_HOME",
            "JOB_MODE",
            "LD_LIBRARY_PATH",
            "LIBRARY_PATH",
            "PATH",
        ];
        assert_eq!(names(&found), all);
        assert_eq!(found[4].1, "the folder 'bin' of layer 'tools'");
        assert_eq!(names(&set(false, make)), all[..2]);
    }
}
