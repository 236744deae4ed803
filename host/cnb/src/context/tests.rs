use std::fs;

use super::*;

const DESCRIPTOR: &str = r#"
api = "0.10"
[buildpack]
id = "example/job"
version = "1"
clear-env = true
[metadata]
variables = ["BP_SHOWN", "BP_UNSET"]
own = 1
[metadata.sources.job]
git = "https://git.example.org/job.git"
ref = "main"
ref-variable = "BP_JOB_REF"
subpath = "job"
credential = "git"
[metadata.credentials.git]
env = "BP_TOKEN"
"#;

struct World {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    descriptor: String,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["app", "buildpack", "layers", "platform/env"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let mut world = Self {
            folder,
            variables: BTreeMap::new(),
            descriptor: DESCRIPTOR.to_owned(),
        };
        for (variable, name) in [
            (PLATFORM_DIR, "platform"),
            (BUILD_PLAN_PATH, "build-plan.toml"),
            (BUILDPACK_PLAN_PATH, "plan.toml"),
            (LAYERS_DIR, "layers"),
            ("CNB_BUILDPACK_DIR", "buildpack"),
        ] {
            let path = world.path(name);
            world.set(variable, path.to_str().unwrap());
        }
        world.set("CNB_TARGET_OS", "linux");
        world.set("CNB_TARGET_ARCH", "riscv64");
        world.write("plan.toml", "");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn set(&mut self, variable: &str, value: &str) {
        self.variables.insert(variable.to_owned(), value.to_owned());
    }

    fn environment(&self) -> Environment {
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        Environment::new(variables.collect(), self.path("app"))
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::parse(&self.descriptor, "buildpack.toml").unwrap()
    }

    fn build(&self) -> Result<BuildContext, ContextError> {
        BuildContext::read(&self.environment(), &self.descriptor())
    }

    fn detect(&self) -> Result<DetectContext, ContextError> {
        DetectContext::read(&self.environment(), &self.descriptor())
    }

    fn refused(&self) -> String {
        text(&self.build().unwrap_err())
    }
}

fn text(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {}", text(source)),
    }
}

#[test]
fn everything_is_read_and_given_on_in_the_contracts_words() {
    let mut world = World::new();
    world.set("CNB_TARGET_ARCH_VARIANT", "v8");
    world.set("CNB_TARGET_DISTRO_NAME", "");
    world.set("BP_SHOWN", "from the process environment");
    world.write("platform/env/BP_SHOWN", "from the platform\n");
    world.write("platform/env/BP_TOKEN", "canary");
    world.write("platform/env/OTHER", "canary");
    world.write("plan.toml", "[[entries]]\nname = \"cpython\"\nversion = \"1\"\n[entries.metadata]\nlaunch = true\n[[entries]]\nname = \"b\"");
    world.write("layers/store.toml", "[metadata]\nkept = 1");
    world.write(
        "layers/job.toml",
        "[metadata.guest]\nmine = 1\n[metadata.host]\nhost = \"canary\"\nguest = \"g\"\nlayer = \"l\"",
    );
    world.write("layers/foreign.toml", "[metadata]\nmine = 2");
    world.write("layers/not ours.toml", "");
    world.write("layers/launch.toml", "no TOML that anyone reads");
    world.write("layers/job.sbom.cdx.json", "{}");

    let context = world.build().unwrap();
    let contract = context.to_contract(&world.descriptor(), false);
    let path = |name: &str| world.path(name).to_str().unwrap().to_owned();
    assert_eq!(contract.app_dir, path("app"));
    assert_eq!(contract.layers_dir, path("layers"));
    assert_eq!(contract.target.os, "linux");
    assert_eq!(contract.target.arch, "riscv64");
    assert_eq!(contract.target.arch_variant.as_deref(), Some("v8"));
    assert_eq!(
        contract.target.distro_name, None,
        "an empty variable says nothing"
    );
    assert_eq!(contract.exec_env, "production");
    let variables: Vec<_> = contract
        .variables
        .iter()
        .map(|one| (&*one.name, &*one.value))
        .collect();
    assert_eq!(variables, [("BP_SHOWN", "from the platform\n")]);
    assert_eq!(contract.metadata, r#"{"own":1}"#);
    let plan: Vec<_> = contract
        .buildpack_plan
        .iter()
        .map(|one| (&*one.name, &*one.metadata))
        .collect();
    assert_eq!(plan, [("cpython", r#"{"launch":true}"#), ("b", "{}")]);
    let layers: Vec<_> = contract
        .restored_layers
        .iter()
        .map(|one| (&*one.name, &*one.metadata))
        .collect();
    assert_eq!(layers, [("foreign", "{}"), ("job", r#"{"mine":1}"#)]);
    assert_eq!(contract.store.as_deref(), Some(r#"{"kept":1}"#));
    assert!(
        !format!("{contract:?}").contains("canary"),
        "neither notes nor tokens"
    );

    assert_eq!(context.restored.foreign, ["not ours"]);
    assert_eq!(
        context.restored.layers[&"job".parse().unwrap()].notes.host,
        "canary"
    );
    let detect = world.detect().unwrap();
    assert_eq!(detect.build_plan_path, world.path("build-plan.toml"));
    let contract = detect.to_contract(&world.descriptor(), false);
    assert_eq!(contract.variables.len(), 1);
    assert_eq!(contract.metadata, r#"{"own":1}"#);
}

#[test]
fn each_input_that_is_missing_or_relative_is_named() {
    for variable in [
        PLATFORM_DIR,
        BUILDPACK_PLAN_PATH,
        LAYERS_DIR,
        "CNB_TARGET_OS",
        "CNB_TARGET_ARCH",
    ] {
        let mut world = World::new();
        world.variables.remove(variable);
        assert_eq!(
            world.refused(),
            format!("{variable} is not set; the lifecycle sets it")
        );
    }
    for variable in [
        PLATFORM_DIR,
        BUILDPACK_PLAN_PATH,
        LAYERS_DIR,
        "SERVICE_BINDING_ROOT",
    ] {
        let mut world = World::new();
        world.set(variable, "relative/path");
        assert_eq!(
            world.refused(),
            format!("{variable} must be an absolute path, but is 'relative/path'")
        );
    }
    let mut world = World::new();
    world.variables.remove(BUILD_PLAN_PATH);
    assert!(text(&world.detect().unwrap_err()).starts_with(BUILD_PLAN_PATH));
    world.variables.remove("CNB_BUILDPACK_DIR");
    let error = world.environment().buildpack_dir().unwrap_err().to_string();
    assert!(error.starts_with("CNB_BUILDPACK_DIR is not set"), "{error}");
    for (variable, value, refused) in [
        (
            LAYERS_DIR,
            "/no/such",
            "can't read the path in CNB_LAYERS_DIR",
        ),
        (
            BUILDPACK_PLAN_PATH,
            "/no/such/file",
            "can't read the path in CNB_BP_PLAN_PATH",
        ),
        (
            BUILDPACK_PLAN_PATH,
            "/",
            "CNB_BP_PLAN_PATH is not the path of a file: '/'",
        ),
    ] {
        let mut world = World::new();
        world.set(variable, value);
        let error = world.refused();
        assert!(error.starts_with(refused), "{error}");
    }
}

#[test]
fn an_input_that_is_no_utf_8_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let world = World::new();
    for variable in [PLATFORM_DIR, "CNB_TARGET_OS", "https_proxy"] {
        let variables = world
            .variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let mut variables: BTreeMap<std::ffi::OsString, std::ffi::OsString> = variables.collect();
        variables.insert(
            variable.into(),
            std::ffi::OsString::from_vec(b"/\xff".to_vec()),
        );
        let environment = Environment::new(variables, world.path("app"));
        let error = BuildContext::read(&environment, &world.descriptor()).unwrap_err();
        assert_eq!(error.to_string(), format!("{variable} is not UTF-8"));
    }
    world.write("platform/env/BP_SHOWN", b"\xff");
    assert_eq!(world.refused(), "BP_SHOWN is not UTF-8");
}

#[test]
fn a_lifecycle_that_does_not_know_the_machine_sets_empty_variables() {
    let mut world = World::new();
    world.set("CNB_TARGET_OS", "");
    world.set("CNB_TARGET_ARCH", "");
    let target = world.build().unwrap().common.target;
    assert_eq!(target.os, std::env::consts::OS);
    assert!(
        !target.arch.is_empty() && target.arch != "x86_64",
        "Go's word: {}",
        target.arch
    );
}

#[test]
fn the_execution_environment_is_read_from_api_0_12_on() {
    let mut world = World::new();
    world.set("CNB_EXEC_ENV", "test");
    assert_eq!(world.build().unwrap().common.exec_env, "production");
    world.descriptor = DESCRIPTOR.replace("0.10", "0.12");
    assert_eq!(world.build().unwrap().common.exec_env, "test");
    world.variables.remove("CNB_EXEC_ENV");
    assert_eq!(world.build().unwrap().common.exec_env, "production");
}

#[test]
fn a_variable_is_capped_and_named() {
    let world = World::new();
    world.write("platform/env/BP_SHOWN", "x".repeat(64 * 1024));
    world.build().unwrap();
    world.write("platform/env/BP_SHOWN", "x".repeat(64 * 1024 + 1));
    let error = world.refused();
    assert!(
        error.starts_with("the platform's variable BP_SHOWN can't be read"),
        "{error}"
    );
}

#[test]
fn a_revision_is_the_sources_own_unless_its_variable_names_another() {
    let world = World::new();
    let chosen = || {
        let context = world.build().unwrap();
        let chosen = &context.revisions[&"job".parse().unwrap()];
        (
            chosen.revision.to_string(),
            chosen.variable.as_ref().map(ToString::to_string),
        )
    };
    assert_eq!(chosen(), ("main".to_owned(), None));
    for (value, revision) in [("v2", "v2"), ("v2\n", "v2"), ("feature/a\r\n", "feature/a")] {
        world.write("platform/env/BP_JOB_REF", value);
        assert_eq!(
            chosen(),
            (revision.to_owned(), Some("BP_JOB_REF".to_owned()))
        );
    }
    for empty in ["", "\n"] {
        world.write("platform/env/BP_JOB_REF", empty);
        assert_eq!(chosen(), ("main".to_owned(), None));
    }
    for wrong in ["a..b", "-x", "a b", "main\n\n", "a\nwant 0"] {
        world.write("platform/env/BP_JOB_REF", wrong);
        let error = world.refused();
        assert!(
            error.starts_with("BP_JOB_REF is not a valid branch, tag or commit: '"),
            "{error}"
        );
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn where_a_token_goes_is_never_read_from_what_the_application_can_set() {
    let mut world = World::new();
    for name in [
        "https_proxy",
        "HTTPS_PROXY",
        "no_proxy",
        "SERVICE_BINDING_ROOT",
        "SSL_CERT_FILE",
        "CNB_LAYERS_DIR",
        "CNB_PLATFORM_DIR",
        "CNB_EXEC_ENV",
    ] {
        world.write(&format!("platform/env/{name}"), "/attack");
    }
    let context = world.build().unwrap();
    let settings = &context.common.settings;
    assert!(settings.https_proxy.is_none());
    assert_eq!(settings.no_proxy, None);
    assert_eq!(settings.service_binding_root, None);
    assert_eq!(context.layers_dir, world.path("layers").to_str().unwrap());

    world.set("HTTPS_PROXY", "http://me:canary@capitals:1");
    world.set("NO_PROXY", "a");
    world.set("SERVICE_BINDING_ROOT", "/bindings");
    let settings = world.build().unwrap().common.settings;
    let proxy = settings.https_proxy.as_ref().unwrap();
    assert_eq!(proxy.variable, "HTTPS_PROXY");
    assert_eq!(proxy.address, "http://me:canary@capitals:1");
    assert_eq!(settings.no_proxy.as_deref(), Some("a"));
    assert_eq!(
        settings.service_binding_root.as_deref(),
        Some(Path::new("/bindings"))
    );
    assert!(!format!("{settings:?}").contains("canary"));
    world.set("https_proxy", "http://small:1");
    let settings = world.build().unwrap().common.settings;
    let proxy = settings.https_proxy.unwrap();
    assert_eq!(proxy.variable, "https_proxy");
    assert_eq!(proxy.address, "http://small:1");
    world.set("https_proxy", "");
    let settings = world.build().unwrap().common.settings;
    assert_eq!(settings.https_proxy.unwrap().variable, "HTTPS_PROXY");
}

#[test]
fn an_environment_that_an_application_can_set_says_nothing_of_where_a_token_goes() {
    let mut world = World::new();
    for name in [
        "https_proxy",
        "NO_PROXY",
        "SERVICE_BINDING_ROOT",
        "SSL_CERT_FILE",
    ] {
        world.set(name, "/chosen");
    }
    let settings = world.build().unwrap().common.settings;
    assert!(settings.https_proxy.is_some() && settings.ssl_cert_file.is_some());
    assert!(settings.passed_over.is_empty());
    for clear_env in ["clear-env = false", ""] {
        // In this case only a mirror of the operator can have a credential.
        let without = DESCRIPTOR.replace("clear-env = true", clear_env);
        let without = without.replace("credential = \"git\"\n", "");
        world.descriptor = without
            .split("[metadata.credentials")
            .next()
            .unwrap()
            .to_owned();
        let settings = world.build().unwrap().common.settings;
        assert!(settings.https_proxy.is_none());
        assert_eq!(settings.no_proxy, None);
        assert_eq!(settings.service_binding_root, None);
        assert_eq!(settings.ssl_cert_file, None);
        assert_eq!(
            settings.passed_over,
            [
                "https_proxy",
                "NO_PROXY",
                "SSL_CERT_FILE",
                "SERVICE_BINDING_ROOT"
            ]
        );
    }
}

#[test]
fn more_words_are_given_where_the_platform_asks_for_them() {
    let world = World::new();
    for (level, debug) in [
        ("debug\n", true),
        ("DEBUG", true),
        ("info", false),
        ("", false),
    ] {
        world.write("platform/env/BP_LOG_LEVEL", level);
        let wishes = Wishes::read(&world.environment());
        assert_eq!(wishes.debug, debug, "{level:?}");
    }
}

#[test]
fn colours_are_asked_for_by_the_platform_or_the_process_and_none_goes_before_some() {
    let colour = |platform: &[(&str, &str)], process: &[(&str, &str)]| {
        let mut world = World::new();
        for (name, value) in platform {
            world.write(&format!("platform/env/{name}"), value);
        }
        for (name, value) in process {
            world.set(name, value);
        }
        Wishes::read(&world.environment()).colour
    };
    assert_eq!(colour(&[], &[]), None);
    assert_eq!(colour(&[("NO_COLOR", "")], &[]), None);
    assert_eq!(colour(&[("NO_COLOR", "1")], &[]), Some(false));
    assert_eq!(colour(&[], &[("NO_COLOR", "1")]), Some(false));
    assert_eq!(colour(&[("CLICOLOR_FORCE", "1")], &[]), Some(true));
    assert_eq!(colour(&[("CLICOLOR_FORCE", "0\n")], &[]), None);
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert_eq!(colour(&both, &[]), Some(false));
    assert_eq!(colour(&both[..1], &both[1..]), Some(false));
}

#[test]
fn a_setting_that_is_unknown_is_found_where_the_buildpack_names_a_prefix() {
    let mut world = World::new();
    for name in ["BP_JOB_REFS", "BP_JOB_REF", "BP_OTHER"] {
        world.write(&format!("platform/env/{name}"), "main");
    }
    assert_eq!(world.build().unwrap().unknown_settings, []);
    let prefix = "[metadata]\nsettings-prefix = \"BP_JOB_\"";
    world.descriptor = world.descriptor.replace("[metadata]", prefix);
    let expected = UnknownSetting {
        name: "BP_JOB_REFS".to_owned(),
        nearest: Some("BP_JOB_REF".to_owned()),
    };
    assert_eq!(world.build().unwrap().unknown_settings, [expected]);
}

#[test]
fn a_file_of_the_lifecycles_that_is_broken_is_named() {
    for content in [
        "entries = 1",
        "[[entries]]\nmetadata = {}",
        // From another buildpack: the key is valid TOML, but the library reads the table as a date.
        "[[entries]]\nname = \"a\"\n[entries.metadata.a]\n\"$__toml_private_datetime\" = 1",
    ] {
        let world = World::new();
        world.write("plan.toml", content);
        let error = world.refused();
        let path = world.path("plan.toml").display().to_string();
        assert!(
            error.starts_with(&format!(
                "{path} is not a valid Buildpack Plan: the lifecycle writes it from the requirements"
            )),
            "{error}"
        );
    }
    let world = World::new();
    world.write("layers/job.toml", vec![b'#'; 1024 * 1024 + 1]);
    assert!(world.refused().contains("job.toml"), "{}", world.refused());
    let world = World::new();
    std::os::unix::fs::symlink("/etc/passwd", world.path("layers/job.toml")).unwrap();
    assert!(world.refused().contains("job.toml"), "{}", world.refused());
}

#[test]
fn a_layer_or_store_that_cannot_be_read_is_as_good_as_one_without_data() {
    for content in [
        "= 1",
        "metadata = 1",
        "[metadata.guest.a]\n\"$__toml_private_datetime\" = \"x\"",
    ] {
        let world = World::new();
        world.write("layers/job.toml", content);
        world.write("layers/store.toml", content);
        world.write("layers/sound.toml", "[metadata.guest]\na = 1");
        let restored = world.build().unwrap().restored;
        let layer = |name: &str| restored.layers[&name.parse().unwrap()].clone();
        // It is listed, so that it is dropped or rebuilt.
        assert_eq!(layer("job"), RestoredLayer::new(toml::Table::new()));
        assert_eq!(layer("sound").metadata["a"].as_integer(), Some(1));
        assert_eq!(restored.store, None);
        let mut unread = restored.unread;
        unread.sort();
        assert_eq!(unread.len(), 2, "{unread:?}");
        assert!(unread[0].starts_with("job.toml: "), "{unread:?}");
        assert!(unread[1].starts_with("store.toml: "), "{unread:?}");
    }
}

#[test]
fn notes_that_cannot_be_read_are_as_good_as_none() {
    let world = World::new();
    world.write(
        "layers/job.toml",
        "[metadata.host]\nof = \"another version\"\n[metadata.guest]\na = 1",
    );
    let context = world.build().unwrap();
    let layer = &context.restored.layers[&"job".parse().unwrap()];
    assert_eq!(layer.notes, crate::reuse::Notes::default());
    assert_eq!(layer.metadata["a"].as_integer(), Some(1));
}

#[test]
fn the_working_directory_must_be_usable() {
    let world = World::new();
    let variables: BTreeMap<std::ffi::OsString, std::ffi::OsString> = world
        .variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let relative = Environment::new(variables.clone(), PathBuf::from("app"));
    let error = BuildContext::read(&relative, &world.descriptor())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the working directory must be the application directory"),
        "{error}"
    );
    let gone = Environment::new(variables, world.path("gone"));
    let error = text(&BuildContext::read(&gone, &world.descriptor()).unwrap_err());
    assert!(error.contains("/gone"), "{error}");
}

#[test]
fn detect_begins_anew_only_where_the_environment_holds_more_than_it_needs() {
    let environment = |names: &[&str]| {
        let variables = names.iter().map(|name| ((*name).into(), "value".into()));
        Environment::new(variables.collect(), PathBuf::from("/"))
    };
    let needed = ["CNB_TARGET_OS", "HOME", "PATH", "SSL_CERT_FILE"];
    assert!(environment(&needed).narrowed_for_detect().is_none());
    for more in ["https_proxy", "HTTP_PROXY", "BP_GITLAB_TOKEN", "ACNB_"] {
        let environment = environment(&[&needed[..], &[more]].concat());
        let kept = environment.narrowed_for_detect().unwrap();
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), needed, "{more}");
    }
}
