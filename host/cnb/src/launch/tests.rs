use super::*;
use crate::check::{CheckedLabel, CheckedRequirement, CheckedSlice};

struct World {
    folder: tempfile::TempDir,
    layers: Dir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layers = Dir::open_ambient(folder.path()).unwrap();
        Self { folder, layers }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

fn nothing() -> CheckedOutput {
    CheckedOutput {
        layers: Vec::new(),
        processes: Vec::new(),
        labels: Vec::new(),
        slices: Vec::new(),
        unmet: Vec::new(),
        store: None,
    }
}

fn process(name: &str) -> CheckedProcess {
    CheckedProcess {
        process_type: name.parse().unwrap(),
        command: vec!["python".to_owned(), "-m".to_owned()],
        args: Vec::new(),
        default: false,
        working_directory: None,
        exec_env: Vec::new(),
    }
}

#[test]
fn a_build_with_nothing_to_say_writes_nothing_and_removes_what_an_earlier_one_said() {
    let world = World::new();
    write(&world.layers, &nothing()).unwrap();
    assert!(world.layers.names(10).unwrap().is_empty());
    for name in ["launch.toml", "build.toml", "store.toml", "a.toml"] {
        world.layers.write_new(name, b"", 0o644).unwrap();
    }
    write(&world.layers, &nothing()).unwrap();
    assert_eq!(world.layers.names(10).unwrap(), ["a.toml"]);
}

#[test]
fn what_an_earlier_build_said_can_be_taken_back_and_the_rest_stays() {
    let world = World::new();
    withdraw(&world.layers).unwrap();
    for name in [
        "launch.sbom.cdx.json",
        "a.sbom.cdx.json",
        "launch.toml",
        "build.toml",
        "store.toml",
        "a.toml",
    ] {
        world.layers.write_new(name, b"", 0o644).unwrap();
    }
    withdraw(&world.layers).unwrap();
    assert_eq!(world.layers.names(10).unwrap(), ["a.toml", "store.toml"]);
}

#[test]
fn every_file_is_as_the_specification_says() {
    let world = World::new();
    let mut output = nothing();
    output.processes = vec![
        CheckedProcess {
            args: vec!["a \"quoted\" one\\".to_owned()],
            default: true,
            working_directory: Some("/work".to_owned()),
            exec_env: vec!["production".parse().unwrap()],
            ..process("web")
        },
        process("worker"),
    ];
    output.labels = vec![CheckedLabel {
        key: "k".to_owned(),
        value: "v\nw".to_owned(),
    }];
    output.slices = vec![CheckedSlice {
        paths: vec!["a/*".to_owned()],
    }];
    output.unmet = vec!["cpython".to_owned()];
    output.store = Some("a = 1".parse().unwrap());
    write(&world.layers, &output).unwrap();
    assert_eq!(
        world.read("launch.toml"),
        "\
[[labels]]
key = \"k\"
value = \"\"\"
v
w\"\"\"

[[processes]]
type = \"web\"
command = [\"python\", \"-m\"]
args = ['a \"quoted\" one\\']
default = true
working-dir = \"/work\"
exec-env = [\"production\"]

[[processes]]
type = \"worker\"
command = [\"python\", \"-m\"]

[[slices]]
paths = [\"a/*\"]
"
    );
    assert_eq!(world.read("build.toml"), "[[unmet]]\nname = \"cpython\"\n");
    assert_eq!(world.read("store.toml"), "[metadata]\na = 1\n");
    let mode = world.layers.stat("launch.toml").unwrap().unwrap().mode;
    assert_eq!(mode, 0o644);
}

#[test]
fn the_build_plan_keeps_the_order_of_its_alternatives_and_an_empty_one_counts() {
    let world = World::new();
    let requirement = |name: &str, metadata: &str| CheckedRequirement {
        name: name.to_owned(),
        metadata: metadata.parse().unwrap(),
    };
    let empty = || CheckedAlternative {
        provides: Vec::new(),
        requires: Vec::new(),
    };
    let plan = CheckedPlan {
        first: CheckedAlternative {
            provides: vec!["a".to_owned()],
            requires: vec![
                requirement("cpython", "launch = true"),
                requirement("b", ""),
            ],
        },
        or: vec![
            CheckedAlternative {
                provides: vec!["c".to_owned()],
                ..empty()
            },
            empty(),
        ],
    };
    let path = world.folder.path().join("plan.toml");
    // The lifecycle creates an empty file first.
    std::fs::write(&path, "").unwrap();
    PlanFile::open(&path).unwrap().write(&plan).unwrap();
    assert_eq!(
        world.read("plan.toml"),
        "\
[[provides]]
name = \"a\"

[[requires]]
name = \"cpython\"

[requires.metadata]
launch = true

[[requires]]
name = \"b\"

[[or]]

[[or.provides]]
name = \"c\"

[[or]]
"
    );
}

#[test]
fn a_build_plan_that_asks_for_nothing_is_empty() {
    let world = World::new();
    let plan = CheckedPlan {
        first: CheckedAlternative {
            provides: Vec::new(),
            requires: Vec::new(),
        },
        or: Vec::new(),
    };
    let path = world.folder.path().join("plan.toml");
    std::fs::write(&path, "[[provides]]").unwrap();
    PlanFile::open(&path).unwrap().write(&plan).unwrap();
    assert_eq!(world.read("plan.toml"), "");
}

#[test]
fn a_build_plan_is_not_written_through_a_link() {
    let world = World::new();
    let path = world.folder.path().join("plan.toml");
    let target = world.folder.path().join("target");
    std::fs::write(&target, "kept").unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    let error = PlanFile::open(&path).unwrap_err().to_string();
    assert!(error.contains("plan.toml"), "{error}");
    std::fs::remove_file(&path).unwrap();
    PlanFile::open(&path).unwrap();
    assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
}
