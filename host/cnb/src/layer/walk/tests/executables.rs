//! Declared executables.

use super::*;

/// The world after the component has made this, if it declares the executable `bin/tool`.
fn declaring(world: World, make: Make<'_>) -> World {
    let mut world = world.then(make);
    world.declared[0].executables = executables(&["bin/tool"]);
    world
}

/// The checked form of these paths.
pub(super) fn executables(paths: &[&str]) -> Vec<crate::check::LayerPath> {
    let output = contract::types::BuildOutput {
        layers: vec![contract::types::Layer {
            name: "app".to_owned(),
            types: contract::types::LayerTypes {
                launch: true,
                build: false,
                cache: false,
            },
            metadata: "{}".to_owned(),
            contents: Vec::new(),
            env: Vec::new(),
            exec_d: Vec::new(),
            executables: paths.iter().map(|path| (*path).to_owned()).collect(),
        }],
        processes: Vec::new(),
        labels: Vec::new(),
        slices: Vec::new(),
        unmet: Vec::new(),
        store: None,
    };
    let facts = crate::check::BuildFacts {
        api: crate::api::Api::V0_10,
        buildpack_plan: BTreeSet::new(),
        sources: crate::check::KnownSources::default(),
    };
    let mut output = crate::check::check_output(output, &facts).unwrap();
    output.layers.remove(0).executables
}

/// The restored layer has the tool, with these permissions.
fn with_restored_tool(mode: u32) -> World {
    World::restored(&|at| {
        write(&at.join("app/bin/tool"), "restored");
        chmod(&at.join("app/bin/tool"), mode);
    })
}

#[test]
fn only_a_file_of_the_component_can_be_declared() {
    let refused: [(&str, Make<'_>); 4] = [
        ("is missing", &|_| ()),
        ("is a directory", &|at| {
            fs::create_dir_all(at.join("app/bin/tool")).unwrap();
        }),
        ("is a link", &|at| {
            write(&at.join("app/bin/real"), "");
            symlink("real", at.join("app/bin/tool")).unwrap();
        }),
        // The folder is a link to another folder of the layer.
        ("is missing", &|at| {
            write(&at.join("app/real/tool"), "");
            symlink("real", at.join("app/bin")).unwrap();
        }),
    ];
    for (what, make) in refused {
        let world = declaring(World::new(), make);
        let text = world.judge().unwrap_err().to_string();
        let expected = format!("the declared executable 'app/bin/tool' {what};");
        assert!(text.starts_with(&expected), "{text}");
    }
    let world = declaring(World::new(), &|at| write(&at.join("app/bin/tool"), "new"));
    world.judge().unwrap();
}

#[test]
fn a_new_name_of_a_restored_file_is_refused_and_one_of_a_new_file_is_not() {
    let restored = World::restored(&|at| write(&at.join("app/data"), "fetched"));
    let world = declaring(restored, &|at| {
        fs::create_dir_all(at.join("app/bin")).unwrap();
        fs::hard_link(at.join("app/data"), at.join("app/bin/tool")).unwrap();
    });
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("'app/bin/tool' is a restored file under a new name;"),
        "{text}"
    );
    let world = declaring(World::new(), &|at| {
        write(&at.join("app/bin/tool"), "new");
        fs::hard_link(at.join("app/bin/tool"), at.join("app/bin/other")).unwrap();
    });
    world.judge().unwrap();
}

#[test]
fn a_restored_file_counts_if_it_was_written_again_or_is_executable_already() {
    let untouched = declaring(with_restored_tool(0o644), &|_| ());
    let text = untouched.judge().unwrap_err().to_string();
    assert!(text.contains("was restored"), "{text}");

    let executable = declaring(with_restored_tool(0o755), &|_| ());
    executable.judge().unwrap();
    let again = declaring(with_restored_tool(0o644), &|at| {
        write(&at.join("app/bin/tool"), "another text");
    });
    again.judge().unwrap();
}

/// The permissions of a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn what_was_accepted_becomes_executable_and_nothing_else() {
    let world = declaring(World::new(), &|at| {
        for path in ["app/bin/tool", "app/bin/other", "app/run"] {
            write(&at.join(path), "");
            chmod(&at.join(path), 0o640);
        }
    });
    let dir = world.layers.open_dir("app").unwrap();
    crate::layer::executables::make(&dir, &executables(&["bin/tool", "run"])).unwrap();
    let at = world.folder.path();
    assert_eq!(mode(&at.join("app/bin/tool")), 0o755);
    assert_eq!(mode(&at.join("app/run")), 0o755);
    assert_eq!(mode(&at.join("app/bin/other")), 0o640);
}

#[test]
fn a_link_that_is_swapped_in_after_the_walk_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("tool");
    write(&victim, "");
    chmod(&victim, 0o600);
    let swaps: [Make<'_>; 2] = [
        // Puts a link in the place of the file.
        &|at| {
            fs::remove_file(at.join("app/bin/tool")).unwrap();
            symlink(&victim, at.join("app/bin/tool")).unwrap();
        },
        // Puts a link in the place of the file's folder.
        &|at| {
            fs::remove_dir_all(at.join("app/bin")).unwrap();
            symlink(outside.path(), at.join("app/bin")).unwrap();
        },
    ];
    for swap in swaps {
        let world = declaring(World::new(), &|at| write(&at.join("app/bin/tool"), ""));
        world.judge().unwrap();
        let world = world.then(swap);
        let dir = world.layers.open_dir("app").unwrap();
        let made = crate::layer::executables::make(&dir, &world.declared[0].executables);
        let text = made.unwrap_err().to_string();
        assert!(text.starts_with("can't "), "{text}");
        assert_eq!(mode(&victim), 0o600);
    }
}
