use proptest::prelude::*;

use super::*;
use crate::descriptor::source::GitSource;
use crate::names::SourceName;
use contract::types::{EnvMode, EnvScope};

fn sources() -> Vec<SourceName> {
    vec!["job".parse().unwrap(), "other".parse().unwrap()]
}

fn check_with(api: Api, output: types::BuildOutput) -> Result<CheckedOutput, CheckError> {
    let sources = sources();
    let facts = BuildFacts {
        api,
        buildpack_plan: BTreeSet::from(["cpython", "pip"]),
        sources: KnownSources(sources.iter().map(|name| (name, GitSource::FORM)).collect()),
    };
    check_output(output, &facts)
}

fn check(output: types::BuildOutput) -> Result<CheckedOutput, CheckError> {
    check_with(Api::V0_10, output)
}

/// A valid output, changed.
fn changed(change: impl FnOnce(&mut types::BuildOutput)) -> types::BuildOutput {
    let mut output = sound();
    change(&mut output);
    output
}

fn sound() -> types::BuildOutput {
    types::BuildOutput {
        layers: vec![layer("job-template")],
        processes: vec![
            process("web"),
            types::Process {
                default: false,
                ..process("worker")
            },
        ],
        labels: vec![label("a"), label("b")],
        slices: vec![types::Slice {
            paths: vec!["src/*.py".to_owned(), "a/[^b-d]?".to_owned()],
        }],
        unmet: vec!["cpython".to_owned()],
        store: Some(r#"{"a":1}"#.to_owned()),
    }
}

fn layer(name: &str) -> types::Layer {
    types::Layer {
        name: name.to_owned(),
        types: types::LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: "{}".to_owned(),
        contents: vec![content("job", "job-template"), content("job", "again")],
        env: vec![
            env(EnvScope::Launch, None, "ENTRY_POINT", EnvMode::Override),
            types::EnvChange {
                delimiter: Some(":".to_owned()),
                ..env(EnvScope::Launch, None, "PYTHONPATH", EnvMode::Append)
            },
            env(
                EnvScope::Launch,
                Some("web"),
                "ENTRY_POINT",
                EnvMode::Override,
            ),
            env(EnvScope::All, None, "ENTRY_POINT", EnvMode::Default),
        ],
        exec_d: vec![exec_d("first", None), exec_d("first", Some("web"))],
        executables: Vec::new(),
    }
}

fn content(source: &str, into: &str) -> types::Content {
    types::Content {
        source: source.to_owned(),
        into: into.to_owned(),
        part: None,
    }
}

fn env(scope: EnvScope, process: Option<&str>, name: &str, mode: EnvMode) -> types::EnvChange {
    types::EnvChange {
        scope,
        process: process.map(str::to_owned),
        name: name.to_owned(),
        mode,
        value: "value".to_owned(),
        delimiter: None,
    }
}

fn exec_d(name: &str, process: Option<&str>) -> types::ExecDProgram {
    types::ExecDProgram {
        name: name.to_owned(),
        process: process.map(str::to_owned),
        program: b"\x7fELF\0".to_vec(),
    }
}

fn process(name: &str) -> types::Process {
    types::Process {
        type_: name.to_owned(),
        command: vec!["python".to_owned(), String::new()],
        args: vec![String::new()],
        default: true,
        working_directory: None,
        exec_env: Vec::new(),
    }
}

fn label(key: &str) -> types::Label {
    types::Label {
        key: key.to_owned(),
        value: String::new(),
    }
}

fn text(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {}", text(source)),
    }
}

type Change = fn(&mut types::BuildOutput);

fn refuses(cases: &[(&str, Change)]) {
    for (message, change) in cases {
        match check(changed(change)) {
            Ok(_) => panic!("accepted: {message}"),
            Err(error) => {
                let error = text(&error);
                assert!(error.contains(message), "wanted {message}, got {error}");
            }
        }
    }
}

fn accepts(cases: &[(&str, Change)]) {
    for (what, change) in cases {
        if let Err(error) = check(changed(change)) {
            panic!("{what}: {}", text(&error));
        }
    }
}

#[test]
fn a_sound_output_keeps_everything_in_its_order() {
    let checked = check(sound()).unwrap();
    let layer = &checked.layers[0];
    assert_eq!(layer.name.as_str(), "job-template");
    assert_eq!(
        layer.types,
        LayerTypes {
            launch: true,
            build: false,
            cache: false
        }
    );
    let files: Vec<_> = layer
        .env
        .iter()
        .map(|env| format!("{}/{}", env.folder(), env.file_name()))
        .collect();
    assert_eq!(
        files,
        [
            "env.launch/ENTRY_POINT",
            "env.launch/PYTHONPATH.append",
            "env.launch/web/ENTRY_POINT",
            "env/ENTRY_POINT.default",
        ]
    );
    assert_eq!(layer.contents[1].into.as_str(), "again");
    assert_eq!(layer.exec_d[1].process.as_ref().unwrap().as_str(), "web");
    let processes: Vec<_> = checked
        .processes
        .iter()
        .map(|one| one.process_type.as_str())
        .collect();
    assert_eq!(processes, ["web", "worker"]);
    assert_eq!(checked.processes[0].command, ["python", ""]);
    assert_eq!(checked.unmet, ["cpython"]);
    assert_eq!(checked.store.unwrap()["a"].as_integer(), Some(1));
}

#[test]
fn layers_are_refused_by_name() {
    refuses(&[
        (
            "layer 'launch': a name is invalid: the layer name 'launch'",
            |o| o.layers[0].name = "launch".into(),
        ),
        (r"layer '../x\n': a name is invalid", |o| {
            o.layers[0].name = "../x\n".into();
        }),
        ("layer 'Job-Template' occurs twice", |o| {
            o.layers.push(layer("Job-Template"));
        }),
        ("there are 65 layers, but at most 64", |o| {
            o.layers = (0..65).map(|index| layer(&format!("l{index}"))).collect();
        }),
        (
            "layer 'job-template': the free data is refused: 'a' is null",
            |o| o.layers[0].metadata = r#"{"a":null}"#.into(),
        ),
        (
            "layer 'job-template': the free data is refused: it is not valid JSON",
            |o| o.layers[0].metadata = String::new(),
        ),
        (
            "layer 'job-template': it has none of the types launch, build and cache",
            |o| o.layers[0].types.launch = false,
        ),
    ]);
    accepts(&[
        ("64 layers", |o| {
            o.layers = (0..64).map(|index| layer(&format!("l{index}"))).collect();
        }),
        ("a scratch layer that nobody sees", |o| {
            o.layers.push(types::Layer {
                types: types::LayerTypes {
                    launch: false,
                    build: false,
                    cache: false,
                },
                contents: Vec::new(),
                env: Vec::new(),
                exec_d: Vec::new(),
                ..layer("scratch")
            });
        }),
        ("contents in a layer for build and cache", |o| {
            o.layers[0].types = types::LayerTypes {
                launch: false,
                build: true,
                cache: true,
            };
        }),
        ("no layers", |o| o.layers.clear()),
    ]);
}

#[test]
fn contents_come_from_declared_sources_into_free_folders() {
    refuses(&[
        (
            "layer 'job-template', content 'x': buildpack.toml declares no source 'absent'; it declares 'job', 'other'",
            |o| {
                o.layers[0].contents = vec![content("absent", "x")];
            },
        ),
        (
            "content 'x': a name is invalid: the source name '../job'",
            |o| o.layers[0].contents = vec![content("../job", "x")],
        ),
        ("content 'env.launch': a name is invalid", |o| {
            o.layers[0].contents = vec![content("job", "env.launch")];
        }),
        ("content 'a/b': a name is invalid", |o| {
            o.layers[0].contents = vec![content("job", "a/b")];
        }),
        ("layer 'job-template': folder 'X' occurs twice", |o| {
            o.layers[0].contents = vec![content("job", "x"), content("other", "X")];
        }),
        (
            "content 'x': source 'job' is a git repository, which has no files by digest",
            |o| {
                o.layers[0].contents = vec![types::Content {
                    part: Some(types::SourcePart::File(types::SourceFile {
                        path: "a.whl".to_owned(),
                        sha256: "0".repeat(64),
                        unpack: types::Unpack::Wheel,
                        leading_folders: 0,
                    })),
                    ..content("job", "x")
                }];
            },
        ),
        ("there are 65 contents", |o| {
            o.layers[0].contents = (0..65)
                .map(|index| content("job", &format!("c{index}")))
                .collect();
        }),
    ]);
}

#[test]
fn executables_are_plain_paths_to_files_of_the_component() {
    macro_rules! with {
        ($($path:expr),*) => {
            |o| o.layers[0].executables = vec![$($path.to_owned()),*]
        };
    }
    refuses(&[
        (
            "layer 'job-template', executable '/bin/sh': a path is relative",
            with!["/bin/sh"],
        ),
        (
            "executable '../other/tool': a path is relative",
            with!["../other/tool"],
        ),
        (
            "executable 'a/../tool': a path is relative",
            with!["a/../tool"],
        ),
        ("executable './tool': a path is relative", with!["./tool"]),
        ("executable 'a//tool': a path is relative", with!["a//tool"]),
        ("executable 'a/': a path is relative", with!["a/"]),
        ("the path can't be empty", with![""]),
        ("the path holds a NUL character", with!["a\0b"]),
        ("the path holds a control character", with!["a\nb"]),
        ("the path has 1025 bytes", with!["x".repeat(1025)]),
        ("the executable 'Tool' occurs twice", with!["tool", "Tool"]),
        (
            "executable 'exec.d/x': the lifecycle or the launcher obeys",
            with!["exec.d/x"],
        ),
        (
            "executable 'env/X': the lifecycle or the launcher obeys",
            with!["env/X"],
        ),
        (
            "executable '.staged-x': names that begin like this",
            with![".staged-x"],
        ),
        // `sound` fetches the folder 'job-template'.
        (
            "executable 'Job-Template/run': the host fetches that folder",
            with!["Job-Template/run"],
        ),
        ("it has none of the types launch, build and cache", |o| {
            o.layers.push(types::Layer {
                types: types::LayerTypes {
                    launch: false,
                    build: false,
                    cache: false,
                },
                contents: Vec::new(),
                env: Vec::new(),
                exec_d: Vec::new(),
                executables: vec!["tool".to_owned()],
                ..layer("scratch")
            });
        }),
    ]);
    accepts(&[
        ("a tool", with!["bin/tool"]),
        ("dots in names", with!["..a/b..", "a.b/.hidden"]),
        ("a longest path", with!["x".repeat(1024)]),
        ("not ASCII", with!["bin/\u{e4}"]),
    ]);
    let output = check(changed(with!["bin/tool", "run"])).unwrap();
    let paths = &output.layers[0].executables;
    assert_eq!(paths[0].parts(), (vec!["bin"], "tool"));
    assert_eq!(paths[1].parts(), (Vec::new(), "run"));
}

#[test]
fn changes_of_the_environment_are_refused_where_two_would_be_one_file() {
    refuses(&[
        ("variable 'A.append': a name is invalid", |o| {
            o.layers[0].env[0].name = "A.append".into();
        }),
        ("variable 'A=B': a name is invalid", |o| {
            o.layers[0].env[0].name = "A=B".into();
        }),
        ("variable 'A/B': a name is invalid", |o| {
            o.layers[0].env[0].name = "A/B".into();
        }),
        (
            "variable 'ENTRY_POINT': the value holds a NUL character",
            |o| o.layers[0].env[0].value = "a\0".into(),
        ),
        ("variable 'ENTRY_POINT': the value has 65537 bytes", |o| {
            o.layers[0].env[0].value = "x".repeat(65_537);
        }),
        (
            "only a change with the scope 'launch' can be limited to one process",
            |o| o.layers[0].env[3].process = Some("web".into()),
        ),
        ("a name is invalid: the process type '..'", |o| {
            o.layers[0].env[2].process = Some("..".into());
        }),
        (
            "variable 'ENTRY_POINT': only append and prepend have a delimiter",
            |o| o.layers[0].env[0].delimiter = Some(":".into()),
        ),
        ("only append and prepend have a delimiter", |o| {
            o.layers[0].env[3].delimiter = Some(":".into());
        }),
        ("the delimiter holds a NUL character", |o| {
            o.layers[0].env[1].delimiter = Some("\0".into());
        }),
        ("the change 'env.launch/ENTRY_POINT' occurs twice", |o| {
            o.layers[0].env.push(env(
                EnvScope::Launch,
                None,
                "ENTRY_POINT",
                EnvMode::Override,
            ));
        }),
        (
            "variable 'PYTHONPATH': append and prepend in env.launch must have the same delimiter",
            |o| {
                o.layers[0]
                    .env
                    .push(env(EnvScope::Launch, None, "PYTHONPATH", EnvMode::Prepend));
            },
        ),
        (
            "env.launch/ENTRY_POINT would be a file and the folder of a process",
            |o| {
                o.layers[0].env[2].process = Some("ENTRY_POINT".into());
            },
        ),
        (
            "env.launch/PYTHONPATH.append would be a file and the folder",
            |o| {
                o.layers[0].env[2].process = Some("PYTHONPATH.append".into());
            },
        ),
        (
            "env.launch/PYTHONPATH.delim would be a file and the folder",
            |o| {
                o.layers[0].env[2].process = Some("PYTHONPATH.delim".into());
            },
        ),
        ("there are 1025 environment changes", |o| {
            o.layers[0].env = (0..1025)
                .map(|n| env(EnvScope::All, None, &format!("V{n}"), EnvMode::Default))
                .collect();
        }),
    ]);
}

#[test]
fn changes_of_the_environment_that_are_files_of_their_own_pass() {
    accepts(&[
        (
            "a process named as a delimiter's file that nobody writes",
            |o| {
                o.layers[0].env[1].delimiter = None;
                o.layers[0].env[2].process = Some("PYTHONPATH.delim".into());
            },
        ),
        ("the longest value", |o| {
            o.layers[0].env[0].value = "x".repeat(65_536);
        }),
        ("variables that differ in case alone", |o| {
            o.layers[0].env.push(env(
                EnvScope::Launch,
                None,
                "entry_point",
                EnvMode::Override,
            ));
        }),
        ("both with one delimiter", |o| {
            let append = o.layers[0].env[1].clone();
            o.layers[0].env.push(types::EnvChange {
                mode: EnvMode::Prepend,
                ..append
            });
        }),
        ("another delimiter for a process", |o| {
            o.layers[0].env.push(env(
                EnvScope::Launch,
                Some("web"),
                "PYTHONPATH",
                EnvMode::Prepend,
            ));
        }),
        ("a process named as a variable of another scope", |o| {
            o.layers[0].env = vec![
                env(EnvScope::All, None, "WEB", EnvMode::Override),
                env(EnvScope::Launch, Some("WEB"), "A", EnvMode::Override),
            ];
        }),
        ("several modes of one variable", |o| {
            o.layers[0]
                .env
                .push(env(EnvScope::Launch, None, "ENTRY_POINT", EnvMode::Default));
        }),
    ]);
}

#[test]
fn what_steers_programs_of_others_is_set_at_launch_or_not_at_all() {
    for name in [
        "https_proxy",
        "SSL_CERT_FILE",
        "SERVICE_BINDING_ROOT",
        "CNB_EXEC_ENV",
        "LD_PRELOAD",
        "BASH_ENV",
        "PATH",
    ] {
        let with = |scope| {
            check(changed(|output| {
                output.layers[0].env = vec![env(scope, None, name, EnvMode::Override)];
            }))
        };
        for scope in [EnvScope::All, EnvScope::Build] {
            let error = text(&with(scope).unwrap_err());
            assert!(
                error.contains(&format!("variable '{name}': it steers other programs")),
                "{error}"
            );
        }
        with(EnvScope::Launch).unwrap();
    }
    // Another check decides which of the other variables may be set.
    accepts(&[("a name that nobody else reads", |o| {
        o.layers[0].env[3].name = "JOB_TEMPLATE_DIR".into();
    })]);
}

#[test]
fn programs_of_exec_d_are_refused_where_two_would_be_one_file() {
    refuses(&[
        ("exec.d program '../x': a name is invalid", |o| {
            o.layers[0].exec_d[0].name = "../x".into();
        }),
        ("exec.d program 'first': the program can't be empty", |o| {
            o.layers[0].exec_d[0].program.clear();
        }),
        ("the program has 8388609 bytes", |o| {
            o.layers[0].exec_d[0].program = vec![0; LARGEST_PROGRAM + 1];
        }),
        ("the program 'First' occurs twice", |o| {
            o.layers[0].exec_d.push(exec_d("First", None));
        }),
        ("the program 'web/first' occurs twice", |o| {
            o.layers[0].exec_d.push(exec_d("first", Some("web")));
        }),
        (
            "exec.d/web would be a file and the folder of a process",
            |o| o.layers[0].exec_d.push(exec_d("web", None)),
        ),
        ("a name is invalid: the process type 'a/b'", |o| {
            o.layers[0].exec_d[1].process = Some("a/b".into());
        }),
    ]);
    accepts(&[("the largest", |o| {
        o.layers[0].exec_d[0].program = vec![0; LARGEST_PROGRAM];
    })]);
}

#[test]
fn processes_are_refused_by_type() {
    refuses(&[
        ("process 'we b': a name is invalid", |o| {
            o.processes[0].type_ = "we b".into();
        }),
        ("process 'web': the command can't be empty", |o| {
            o.processes[0].command.clear();
        }),
        ("process 'web': the command can't be empty", |o| {
            o.processes[0].command[0].clear();
        }),
        ("process 'web': the command holds a NUL character", |o| {
            o.processes[0].command[0].push('\0');
        }),
        ("process 'web': an argument holds a NUL character", |o| {
            o.processes[0].args[0].push('\0');
        }),
        ("processes: process 'WEB' occurs twice", |o| {
            o.processes[1].type_ = "WEB".into();
        }),
        ("processes: 'web' and 'worker' are both the default", |o| {
            o.processes[1].default = true;
        }),
        ("process 'web': the working directory can't be empty", |o| {
            o.processes[0].working_directory = Some(String::new());
        }),
        (
            "process 'web': the working directory can't contain '..'",
            |o| o.processes[0].working_directory = Some("a/../../b".into()),
        ),
        ("the working directory holds a NUL", |o| {
            o.processes[0].working_directory = Some("\0".into());
        }),
        (
            "process 'web': execution environments need Buildpack API 0.12",
            |o| o.processes[0].exec_env = vec!["test".into()],
        ),
    ]);
    accepts(&[
        ("no default", |o| o.processes[0].default = false),
        ("absolute", |o| {
            o.processes[0].working_directory = Some("/work".into());
        }),
        ("relative", |o| {
            o.processes[0].working_directory = Some("a/..b/c..".into());
        }),
        ("none", |o| o.processes.clear()),
    ]);
}

#[test]
fn every_list_has_a_cap_that_is_named() {
    type Fill = fn(&mut types::BuildOutput, usize);
    fn numbered<T>(count: usize, item: impl Fn(&str) -> T) -> Vec<T> {
        (0..count).map(|index| item(&format!("n{index}"))).collect()
    }
    let cases: [(Fill, usize, &str); 8] = [
        (
            |o, n| o.layers[0].executables = numbered(n, str::to_owned),
            MOST_ITEMS,
            "executables",
        ),
        (
            |o, n| o.layers[0].exec_d = numbered(n, |name| exec_d(name, None)),
            MOST_PARTS,
            "programs in exec.d",
        ),
        (
            |o, n| {
                o.processes = numbered(n, |name| types::Process {
                    default: false,
                    ..process(name)
                });
            },
            MOST_ITEMS,
            "processes",
        ),
        (
            |o, n| o.processes[0].command = numbered(n, str::to_owned),
            MOST_ITEMS,
            "parts of the command",
        ),
        (
            |o, n| o.processes[0].args = numbered(n, str::to_owned),
            MOST_ITEMS,
            "arguments",
        ),
        (|o, n| o.labels = numbered(n, label), MOST_ITEMS, "labels"),
        (
            |o, n| {
                o.slices = numbered(n, |path| types::Slice {
                    paths: vec![path.to_owned()],
                });
            },
            MOST_ITEMS,
            "slices",
        ),
        (
            |o, n| o.slices[0].paths = numbered(n, str::to_owned),
            MOST_ITEMS,
            "paths",
        ),
    ];
    for (fill, most, what) in cases {
        let with = |count| check(changed(|output| fill(output, count)));
        with(most).unwrap();
        let error = with(most + 1).unwrap_err().to_string();
        let message = format!(
            "there are {} {what}, but at most {most} are allowed",
            most + 1
        );
        assert!(error.contains(&message), "{error}");
    }
}

/// Free data that is small as JSON but large as TOML, because the header of each table repeats the keys above it.
fn tables(key: usize, count: usize) -> String {
    let tables: Vec<_> = (0..count).map(|n| format!("\"{n}\":{{}}")).collect();
    format!("{{\"{}\":{{{}}}}}", "k".repeat(key), tables.join(","))
}

#[test]
fn free_data_is_held_to_its_size_as_toml_and_its_keys_to_theirs() {
    let fits = |count| check(changed(|output| output.store = Some(tables(256, count)))).is_ok();
    let (mut most, mut too_many) = (1, 2000);
    while too_many - most > 1 {
        let between = usize::midpoint(most, too_many);
        if fits(between) {
            most = between;
        } else {
            too_many = between;
        }
    }
    assert!(tables(256, most).len() < 20_000, "{most} tables");
    refuses(&[
        (
            "store: with it the free data of a build could be more than 524288 bytes of TOML",
            |o| {
                o.store = Some(tables(256, 2000));
            },
        ),
        (
            "layer 'job-template': with it the free data of a build could be more",
            |o| {
                o.layers[0].metadata = tables(256, 2000);
            },
        ),
        // Each of them alone would fit.
        (
            "store: with it the free data of a build could be more",
            |o| {
                o.layers[0].metadata = tables(256, 1000);
                o.store = Some(tables(256, 1000));
            },
        ),
        ("store: the free data is refused: the key 'kkkk", |o| {
            o.store = Some(tables(257, 1));
        }),
    ]);
    accepts(&[
        ("half of it", |o| {
            o.layers[0].metadata = tables(256, 500);
            o.store = Some(tables(256, 500));
        }),
        ("much in few tables", |o| {
            o.store = Some(format!("{{\"a\":\"{}\"}}", "x".repeat(500_000)));
        }),
    ]);
}

#[test]
fn launch_toml_is_held_to_its_size() {
    refuses(&[
        (
            "label 'b': with it launch.toml could be more than 524288 bytes of TOML",
            |o| {
                // TOML takes six bytes for each of these characters.
                o.labels[0].value = "\u{1}".repeat(65_000);
                o.labels[1].value = "\u{1}".repeat(65_000);
            },
        ),
        ("process 'worker': with it launch.toml could be more", |o| {
            o.processes[1].args = vec!["x".repeat(60_000); 9];
        }),
        ("slice 1: with it launch.toml could be more", |o| {
            o.slices[0].paths = vec!["x".repeat(60_000); 9];
        }),
    ]);
    accepts(&[("the longest values", |o| {
        o.labels[0].value = "x".repeat(65_536);
        o.processes[1].args = vec!["x".repeat(60_000); 5];
    })]);
}

#[test]
fn execution_environments_are_for_api_0_12() {
    let with = |names: &[&str]| {
        changed(|output| {
            output.processes[0].exec_env = names.iter().copied().map(str::to_owned).collect();
        })
    };
    assert!(check_with(Api::V0_11, with(&["test"])).is_err());
    let checked = check_with(Api::V0_12, with(&["test", "production"])).unwrap();
    assert_eq!(checked.processes[0].exec_env.len(), 2);
    let twice = text(&check_with(Api::V0_12, with(&["test", "test"])).unwrap_err());
    assert!(
        twice.contains("execution environment 'test' occurs twice"),
        "{twice}"
    );
    assert!(check_with(Api::V0_12, with(&["a b"])).is_err());
}

#[test]
fn labels_slices_unmet_and_store_are_refused_by_name() {
    refuses(&[
        ("label '': the key can't be empty", |o| {
            o.labels[0].key.clear();
        }),
        ("labels: label 'b' occurs twice", |o| {
            o.labels[0].key = "b".into();
        }),
        (
            "label 'wasm-buildpacks.x': keys that begin with 'wasm-buildpacks.' belong to the host",
            |o| o.labels[0].key = "wasm-buildpacks.x".into(),
        ),
        (
            "label 'Wasm-Buildpacks.x': keys that begin with 'wasm-buildpacks.' belong to the host",
            |o| o.labels[0].key = "Wasm-Buildpacks.x".into(),
        ),
        (
            "label 'io.buildpacks.lifecycle.metadata': keys that begin with 'io.buildpacks.' belong to the lifecycle",
            |o| o.labels[0].key = "io.buildpacks.lifecycle.metadata".into(),
        ),
        ("label 'IO.BuildPacks.x': keys that begin with", |o| {
            o.labels[0].key = "IO.BuildPacks.x".into();
        }),
        ("label 'a': the value holds a NUL", |o| {
            o.labels[0].value = "\0".into();
        }),
        ("slice 1: the list of paths can't be empty", |o| {
            o.slices[0].paths.clear();
        }),
        ("slice 1: a path can't be empty", |o| {
            o.slices[0].paths[0].clear();
        }),
        ("slice 1: the path '/etc/*' must be relative", |o| {
            o.slices[0].paths[0] = "/etc/*".into();
        }),
        ("slice 1: the path 'a/../b' can't contain '..'", |o| {
            o.slices[0].paths[0] = "a/../b".into();
        }),
        ("slice 1: the path 'a[' is not a pattern", |o| {
            o.slices[0].paths[0] = "a[".into();
        }),
        ("unmet: 'absent' is not in the Buildpack Plan", |o| {
            o.unmet = vec!["absent".into()];
        }),
        ("unmet: entry 'pip' occurs twice", |o| {
            o.unmet = vec!["pip".into(), "pip".into()];
        }),
        ("store: the free data is refused", |o| {
            o.store = Some("[]".into());
        }),
    ]);
    accepts(&[
        ("a label that is like the host's", |o| {
            o.labels[0].key = "org.wasm-buildpacks.x".into();
            o.labels[1].key = "wasm-buildpacks".into();
        }),
        ("labels that are like the lifecycle's", |o| {
            o.labels[0].key = "io.buildpacksx".into();
            o.labels[1].key = "org.io.buildpacks.x".into();
        }),
        ("labels that differ in case", |o| {
            o.labels[0].key = "B".into();
        }),
        ("dots that lead nowhere", |o| {
            o.slices[0].paths[0] = "..a/b../...".into();
        }),
        ("no store", |o| o.store = None),
    ]);
}

#[test]
fn a_pattern_is_one_that_go_takes() {
    let slice = |path: &str| {
        let path = path.to_owned();
        check(changed(|output| output.slices[0].paths = vec![path])).is_ok()
    };
    for valid in [
        "*", "a?b", "[a]", "[^a]", "[a-z]x", r"\[", r"[\]]", r"[\--z]", "[a^]", "a]",
    ] {
        assert!(slice(valid), "{valid}");
    }
    for invalid in [
        "[", "[]", "[^]", "[a", "[a-", "[a-]", "[-a]", "a\\", "[\\", "[a/b]", "[]a]", "[]-a]",
        r"a\/b", r"[\/]", r"[a-\/]",
    ] {
        assert!(!slice(invalid), "{invalid}");
    }
}

#[test]
fn a_build_plan_is_checked_in_every_alternative() {
    let alternative = |provides: &[&str], requires: &[(&str, &str)]| types::PlanAlternative {
        provides: provides.iter().copied().map(str::to_owned).collect(),
        requires: requires
            .iter()
            .map(|(name, metadata)| types::Requirement {
                name: (*name).to_owned(),
                metadata: (*metadata).to_owned(),
            })
            .collect(),
    };
    let plan = |first, or| check_plan(types::BuildPlan { first, or });
    let cpython = || {
        alternative(
            &["job"],
            &[("cpython", r#"{"launch":true}"#), ("cpython", "{}")],
        )
    };
    let checked = plan(cpython(), vec![alternative(&[], &[])]).unwrap();
    assert_eq!(
        checked.first.requires[0].metadata["launch"].as_bool(),
        Some(true)
    );
    assert_eq!(
        checked.first.requires.len(),
        2,
        "each requirement brings its own data"
    );
    assert!(checked.or[0].provides.is_empty());
    for (wrong, message) in [
        (alternative(&[""], &[]), "a provided name can't be empty"),
        (
            alternative(&["a", "a"], &[]),
            "the provided name 'a' occurs twice",
        ),
        (alternative(&[], &[("", "{}")]), "the name can't be empty"),
        (
            alternative(&[], &[("a", "null")]),
            "requirement 'a': the free data is refused: it is not a JSON object",
        ),
        (alternative(&["a\0"], &[]), "holds a NUL character"),
        (
            alternative(&["a\n"], &[]),
            "a provided name holds a control character",
        ),
        (
            alternative(&[], &[("a\u{1b}", "{}")]),
            "the name holds a control character",
        ),
    ] {
        let first = text(&plan(wrong.clone(), Vec::new()).unwrap_err());
        assert!(
            first.starts_with("the build plan") && first.contains(message),
            "{first}"
        );
        let or = text(&plan(cpython(), vec![alternative(&[], &[]), wrong]).unwrap_err());
        assert!(
            or.starts_with("the build plan, alternative 2") && or.contains(message),
            "{or}"
        );
    }
}

#[test]
fn a_build_plan_is_held_to_its_size_whatever_it_is_made_of() {
    let alternative = |metadata: &str, requires: usize, provides: usize| types::PlanAlternative {
        provides: (0..provides)
            .map(|n| format!("{n}{}", "p".repeat(1000)))
            .collect(),
        requires: (0..requires)
            .map(|_| types::Requirement {
                name: "a".to_owned(),
                metadata: metadata.to_owned(),
            })
            .collect(),
    };
    let plan = |first, or| check_plan(types::BuildPlan { first, or });
    let large = tables(256, 300);
    let none = || alternative("{}", 0, 0);
    for (first, or) in [
        (alternative(&large, 6, 0), Vec::new()),
        (alternative("{}", 0, 520), Vec::new()),
        (none(), (0..6).map(|_| alternative(&large, 1, 0)).collect()),
    ] {
        let error = text(&plan(first, or).unwrap_err());
        assert!(
            error.contains("with it the build plan could be more than 524288 bytes"),
            "{error}"
        );
    }
    plan(alternative(&large, 2, 100), vec![alternative("{}", 100, 0)]).unwrap();
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-cA-C]{1,2}",
        "[a-z._-]{0,6}",
        "(env|exec\\.d|bin|launch|x\\.toml)",
        any::<String>(),
    ]
}

fn any_change() -> impl Strategy<Value = types::EnvChange> {
    let scope = prop_oneof![
        Just(EnvScope::All),
        Just(EnvScope::Build),
        Just(EnvScope::Launch)
    ];
    let mode = prop_oneof![
        Just(EnvMode::Append),
        Just(EnvMode::Default),
        Just(EnvMode::Override),
        Just(EnvMode::Prepend),
    ];
    let process = prop::option::weighted(0.3, any_name());
    let name = prop_oneof![4 => "[A-B]", 1 => any_name()];
    let delimiter = prop::option::weighted(0.2, "[:;]?");
    (scope, process, name, mode, "\\PC{0,4}", delimiter).prop_map(
        |(scope, process, name, mode, value, delimiter)| types::EnvChange {
            scope,
            process,
            name,
            mode,
            value,
            delimiter,
        },
    )
}

proptest! {
    /// Output that passes can be written: no file is written twice, and no file has the name of a folder.
    #[test]
    fn whatever_passes_becomes_files_that_do_not_collide(
        names in prop::collection::vec(any_name(), 0..3),
        changes in prop::collection::vec(any_change(), 0..4),
        programs in prop::collection::vec((any_name(), prop::option::of(any_name())), 0..3),
    ) {
        let layers = names.iter().map(|name| types::Layer {
            contents: Vec::new(),
            env: changes.clone(),
            exec_d: programs.iter().map(|(name, process)| exec_d(name, process.as_deref())).collect(),
            ..layer(name)
        });
        let layers: Vec<_> = layers.collect();
        if let Ok(output) = check(changed(|output| output.layers = layers)) {
            let folder = tempfile::tempdir().unwrap();
            let top = dir::Dir::open_ambient(folder.path()).unwrap();
            for layer in &output.layers {
                let dir = crate::layer::begin(&top, &layer.name).unwrap();
                crate::layer::write_environment(&dir, layer).unwrap();
            }
            // Each layer has its mark, because none is declared yet.
            prop_assert_eq!(top.names(10).unwrap().len(), 2 * output.layers.len());
        }
    }

    #[test]
    fn no_pattern_makes_the_check_panic(path in "[\\[\\]^\\\\a/*?-]{0,8}") {
        drop(check(changed(|output| output.slices[0].paths = vec![path])));
    }
}
