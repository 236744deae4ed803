//! Tests files of an application that lead elsewhere, never end, or look like settings.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use tests::lifecycle::write_binding;

use crate::listener::Listener;
use crate::support::{Scene, TOKEN, Template, USER, VARIABLE};

/// Replaces a file of the application.
type Place = fn(&Scene, &Path);

/// Replacements for the file that is read. The application hopes that the output shows their content.
const PLACED: &[(&str, Place)] = &[
    ("a link to the token", |scene, file| {
        symlink(scene.world.platform_dir().join("env").join(VARIABLE), file).unwrap();
    }),
    ("a link to the token by dots", |_, file| {
        let climb = if file.ends_with("planqk.json") {
            ".."
        } else {
            "../.."
        };
        symlink(format!("{climb}/platform/env/{VARIABLE}"), file).unwrap();
    }),
    ("a link to the users", |_, file| {
        symlink("/etc/passwd", file).unwrap();
    }),
    ("a link to itself", |_, file| {
        symlink(file.file_name().unwrap(), file).unwrap();
    }),
    ("a link to what never ends", |_, file| {
        symlink("/dev/zero", file).unwrap();
    }),
    ("a link to the process", |_, file| {
        symlink("/proc/self/environ", file).unwrap();
    }),
    ("a pipe", |_, file| {
        let made = std::process::Command::new("mkfifo")
            .arg(file)
            .status()
            .unwrap();
        assert!(made.success());
    }),
    ("a socket", |_, file| {
        drop(UnixListener::bind(file).unwrap());
    }),
    ("a folder", |_, file| {
        fs::create_dir(file).unwrap();
    }),
    ("a terabyte of nothing", |_, file| {
        fs::File::create(file).unwrap().set_len(1 << 40).unwrap();
    }),
    ("text that is no JSON", |_, file| {
        fs::write(file, b"\xff{\x1b[31m").unwrap();
    }),
];

#[test]
fn files_of_the_application_that_lead_elsewhere_show_nothing_and_end_in_time() {
    let template = Template::served();
    for name in ["planqk.json", "src/program.py", "Procfile"] {
        for (case, place) in PLACED {
            let mut scene = Scene::variable_for(&template);
            scene.world.timeout(Duration::from_secs(30));
            let file = scene.world.app_dir().join(name);
            for phase in ["detect", "build"] {
                remove(&file);
                place(&scene, &file);
                let ended = if phase == "detect" {
                    scene.world.detect()
                } else {
                    scene.world.build()
                };
                // The replacement is removed before the search, since some of them never end.
                remove(&file);
                let ended =
                    ended.unwrap_or_else(|error| panic!("{phase}, {name} is {case}: {error:#}"));
                scene.assert_no_token(&ended);
                let said = ended.output();
                let about = format!("{phase}, {name} is {case}: {:?}\n{said}", ended.code);
                assert!(matches!(ended.code, Some(0 | 1 | 100)), "{about}");
                assert!(ended.code != Some(100) || phase == "detect", "{about}");
                assert!(!said.contains("root:"), "{about}");
                assert!(!said.contains("CNB_"), "{about}");
                assert!(!said.contains('\u{1b}'), "{about}");
            }
        }
    }
}

fn remove(file: &Path) {
    match file.symlink_metadata() {
        Err(_) => {}
        Ok(meta) if meta.is_dir() => fs::remove_dir(file).unwrap(),
        Ok(_) => fs::remove_file(file).unwrap(),
    }
}

#[test]
fn settings_in_the_application_are_not_obeyed() {
    let template = Template::served();
    let attacker = Listener::that_refuses();
    let to = format!("http://{}", attacker.address());
    let scene = Scene::variable_for(&template);
    let app = scene.world.app_dir();
    let config = format!(
        "[http]\n\tproxy = {to}\n\tsslVerify = false\n[url \"{to}/\"]\n\tinsteadOf = {}/\n[credential]\n\thelper = !touch helped\n",
        template.server.origin()
    );
    fs::create_dir_all(app.join(".git")).unwrap();
    fs::write(app.join(".git/config"), &config).unwrap();
    for folder in [app.clone(), scene.world.world().join("home")] {
        fs::write(folder.join(".gitconfig"), &config).unwrap();
        fs::write(
            folder.join(".netrc"),
            "default login evil password chosen\n",
        )
        .unwrap();
        fs::write(folder.join(".curlrc"), format!("proxy = {to}\n")).unwrap();
        fs::write(
            folder.join(".git-credentials"),
            "http://evil:chosen@127.0.0.1\n",
        )
        .unwrap();
    }
    write_binding(
        &app.join("bindings"),
        "evil",
        &[("type", "gitlab"), ("token", "chosen"), ("url", &to)],
    )
    .unwrap();
    write_binding(
        &app.join("platform/bindings"),
        "evil",
        &[("type", "gitlab"), ("token", "chosen"), ("url", &to)],
    )
    .unwrap();
    fs::write(app.join("buildpack.toml"), "= broken").unwrap();
    fs::write(app.join(".env"), format!("HTTPS_PROXY={to}\n")).unwrap();
    assert!(scene.detect().passed());
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
    assert!(attacker.heard().is_empty(), "{:?}", attacker.heard());
    assert!(!app.join("helped").exists());
}
