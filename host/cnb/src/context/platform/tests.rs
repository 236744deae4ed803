use std::fs;
use std::os::unix::fs::symlink;

use super::*;

struct World {
    folder: tempfile::TempDir,
    platform: Platform,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["app", "app-beside", "platform/env", "secrets/..data"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let platform = Platform::new(&folder.path().join("platform"), &folder.path().join("app"));
        let platform = platform.unwrap();
        Self { folder, platform }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn variable(&self) -> Result<Option<Vec<u8>>, PlatformError> {
        self.platform.variable(&"NAME".parse().unwrap())
    }
}

#[test]
fn a_variable_is_read_byte_for_byte_and_an_absent_one_is_none() {
    let world = World::new();
    assert!(world.variable().unwrap().is_none());
    fs::write(world.path("platform/env/NAME"), b"a\xff\n\n").unwrap();
    assert_eq!(world.variable().unwrap().unwrap(), b"a\xff\n\n");
    fs::write(world.path("platform/env/NAME"), b"").unwrap();
    assert_eq!(world.variable().unwrap().unwrap(), b"");
    fs::remove_dir_all(world.path("platform")).unwrap();
    assert!(world.variable().unwrap().is_none());
}

#[test]
fn links_of_a_mounted_secret_are_followed() {
    let world = World::new();
    fs::write(world.path("secrets/..data/token"), "t").unwrap();
    symlink("..data/token", world.path("secrets/token")).unwrap();
    symlink(world.path("secrets/token"), world.path("platform/env/NAME")).unwrap();
    assert_eq!(world.variable().unwrap().unwrap(), b"t");
}

#[test]
fn nothing_is_read_from_beneath_the_application_however_it_is_reached() {
    let world = World::new();
    fs::write(world.path("app/file"), "from the application").unwrap();
    fs::write(world.path("app-beside/file"), "from beside it").unwrap();
    let variable = world.path("platform/env/NAME");
    symlink(world.path("app/file"), &variable).unwrap();
    let error = world.variable().unwrap_err().to_string();
    assert!(
        error.contains("platform/env/NAME lies beneath the application directory"),
        "{error}"
    );
    assert!(error.contains("app/file"), "{error}");

    fs::remove_file(&variable).unwrap();
    symlink("../../app-beside/file", &variable).unwrap();
    assert_eq!(world.variable().unwrap().unwrap(), b"from beside it");

    // A folder on the path is a link, and so is an application directory.
    fs::remove_dir_all(world.path("platform/env")).unwrap();
    fs::write(world.path("app/NAME"), "").unwrap();
    symlink(world.path("app"), world.path("platform/env")).unwrap();
    assert!(matches!(
        world.variable(),
        Err(PlatformError::Beneath { .. })
    ));
    symlink(world.path("app"), world.path("app-link")).unwrap();
    let platform = Platform::new(&world.path("platform"), &world.path("app-link")).unwrap();
    let read = platform.read(&world.path("app/file"), LONGEST);
    assert!(matches!(read, Err(PlatformError::Beneath { .. })));
    let listed = platform.list(&world.path("app"), 10);
    assert!(matches!(listed, Err(PlatformError::Beneath { .. })));
}

#[test]
fn a_way_through_the_application_is_refused_wherever_it_ends() {
    let world = World::new();
    fs::write(world.path("app-beside/file"), "from beside it").unwrap();
    symlink(world.path("app-beside/file"), world.path("app/link")).unwrap();
    let read = |path: &Path| world.platform.read(path, LONGEST);
    let error = read(&world.path("app/link")).unwrap_err().to_string();
    assert!(error.contains("lies beneath the application"), "{error}");
    let through = world.path("through");
    symlink("app/link", &through).unwrap();
    let error = read(&through).unwrap_err().to_string();
    assert!(error.contains("app/link"), "{error}");
    fs::remove_file(&through).unwrap();
    symlink("./app-beside/../app-beside//file", &through).unwrap();
    assert_eq!(read(&through).unwrap().unwrap(), b"from beside it");
}

#[test]
fn links_that_go_in_circles_end() {
    let world = World::new();
    let variable = world.path("platform/env/NAME");
    symlink("NAME", &variable).unwrap();
    let error = world.variable().unwrap_err();
    assert!(matches!(error, PlatformError::Read { .. }), "{error}");
    // The same limit as in the kernel.
    fs::remove_file(&variable).unwrap();
    fs::write(world.path("secrets/0"), "t").unwrap();
    for n in 1..=40 {
        symlink(
            format!("{}", n - 1),
            world.path("secrets").join(n.to_string()),
        )
        .unwrap();
    }
    let read = |n: &str| world.platform.read(&world.path("secrets").join(n), LONGEST);
    assert_eq!(read("40").unwrap().unwrap(), b"t");
    symlink("40", world.path("secrets/41")).unwrap();
    read("41").unwrap_err();
}

#[test]
fn what_is_no_file_or_too_long_is_refused_by_name() {
    let world = World::new();
    let path = world.path("platform/env/NAME");
    fs::create_dir(&path).unwrap();
    let error = world.variable().unwrap_err().to_string();
    assert!(error.contains("NAME is not a regular file"), "{error}");
    fs::remove_dir(&path).unwrap();
    // A pipe without a writer must not block.
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    assert!(matches!(world.variable(), Err(PlatformError::Kind { .. })));
    fs::remove_file(&path).unwrap();
    fs::write(&path, vec![b'x'; 64 * 1024]).unwrap();
    assert_eq!(world.variable().unwrap().unwrap().len(), 64 * 1024);
    fs::write(&path, vec![b'x'; 64 * 1024 + 1]).unwrap();
    let error = world.variable().unwrap_err().to_string();
    assert!(error.ends_with("NAME has more than 65536 bytes"), "{error}");
}

#[test]
fn a_directory_is_listed_sorted_and_capped() {
    let world = World::new();
    assert!(
        world
            .platform
            .list(&world.path("absent"), 10)
            .unwrap()
            .is_none()
    );
    for name in ["b", "a", ".c"] {
        fs::write(world.path("platform/env").join(name), "").unwrap();
    }
    let env = world.path("platform/env");
    assert_eq!(
        world.platform.list(&env, 3).unwrap().unwrap(),
        [".c", "a", "b"]
    );
    world.platform.list(&env, 2).unwrap_err();
    let file = world
        .platform
        .list(&env.join("a"), 10)
        .unwrap_err()
        .to_string();
    assert!(file.ends_with("is not a directory"), "{file}");
}

#[test]
fn an_application_directory_that_is_not_there_is_an_error_that_names_it() {
    let error = Platform::new(Path::new("/"), Path::new("/no/such/app")).unwrap_err();
    assert_eq!(error.to_string(), "can't read /no/such/app");
}

#[test]
fn one_line_end_is_trimmed_and_no_more() {
    for (text, trimmed) in [
        ("t", "t"),
        ("t\n", "t"),
        ("t\r\n", "t"),
        ("t\n\n", "t\n"),
        ("t\r", "t\r"),
        ("\n", ""),
        ("", ""),
        ("t ", "t "),
    ] {
        assert_eq!(
            without_line_end(text.as_bytes()),
            trimmed.as_bytes(),
            "{text:?}"
        );
    }
}

#[test]
fn where_another_buildpack_writes_nothing_is_read_from_and_beside_it_all_is() {
    let mut world = World::new();
    for name in [
        "build/layers/own",
        "build/layers/other/made",
        "build/layers-beside",
    ] {
        fs::create_dir_all(world.path(name)).unwrap();
    }
    fs::write(world.path("build/layers/other/made/file"), "chosen").unwrap();
    fs::write(world.path("build/layers-beside/file"), "the platform's").unwrap();
    symlink(
        world.path("build/layers/other/made"),
        world.path("secrets/made"),
    )
    .unwrap();
    symlink(
        world.path("build/layers/other/made/file"),
        world.path("platform/env/NAME"),
    )
    .unwrap();
    symlink(world.path("build/layers"), world.path("layers-link")).unwrap();
    let own = world.path("layers-link/own");
    world.platform.keep_apart(&own).unwrap();
    for name in [
        "build/layers/other/made/file",
        "layers-link/other/made/file",
        "secrets/made/file",
    ] {
        let error = world
            .platform
            .read(&world.path(name), LONGEST)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("lies beneath the layers directory of a build, in "),
            "{error}"
        );
    }
    world
        .platform
        .list(&world.path("secrets/made"), 10)
        .unwrap_err();
    world.variable().unwrap_err();
    let beside = world
        .platform
        .read(&world.path("build/layers-beside/file"), LONGEST);
    assert_eq!(beside.unwrap().unwrap(), b"the platform's");
}

#[test]
fn a_layers_directory_beside_the_platforms_keeps_what_is_beneath_it_alone_apart() {
    let mut world = World::new();
    fs::create_dir_all(world.path("layers/made")).unwrap();
    fs::write(world.path("layers/made/file"), "chosen").unwrap();
    fs::write(world.path("platform/file"), "the platform's").unwrap();
    let layers = world.path("layers");
    world.platform.keep_apart(&layers).unwrap();
    world
        .platform
        .read(&world.path("layers/made/file"), LONGEST)
        .unwrap_err();
    let own = world.platform.read(&world.path("platform/file"), LONGEST);
    assert_eq!(own.unwrap().unwrap(), b"the platform's");
}

#[test]
fn what_an_application_can_set_is_a_variable_and_no_certificate_or_binding() {
    let mut world = World::new();
    fs::write(world.path("platform/env/NAME"), "value").unwrap();
    symlink(world.path("platform/env"), world.path("link")).unwrap();
    let layers = world.path("secrets");
    world.platform.keep_apart(&layers).unwrap();
    let env = world.path("platform/env");
    for path in [
        env.join("NAME"),
        world.path("app-beside/../platform/env/NAME"),
        world.path("link/NAME"),
    ] {
        let error = world.platform.read(&path, LONGEST).unwrap_err().to_string();
        assert!(
            error.contains("lies beneath the platform's variables, which an application can set"),
            "{error}"
        );
    }
    world.platform.list(&env, 10).unwrap_err();
    assert_eq!(world.variable().unwrap().unwrap(), b"value");
    assert_eq!(world.platform.variables(10).unwrap(), ["NAME"]);
}
