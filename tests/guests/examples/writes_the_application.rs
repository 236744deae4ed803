//! Tries every way to change the application, by its own path, through its layer, and by links. In detect too.
//! No line of the log may say `ALLOWED`, the last must be `tried everything`, and the application must stay unchanged,
//! including its times. It needs a file `planqk.json` and a directory `src`. The guest leaves a file in its layer.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::time::SystemTime;

use guests::attempt::{link, tried};
use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    change(Path::new(&context.app_dir));
    say("tried everything");
    innocent::detect(context)
}

fn build(context: &BuildContext) -> BuildOutput {
    let app = Path::new(&context.app_dir);
    change(app);
    let own = Path::new(&context.layers_dir).join(innocent::LAYER);
    if fs::create_dir_all(&own).is_ok() {
        exchange(app, &own);
    }
    say("tried everything");
    innocent::output()
}

fn change(app: &Path) {
    let file = app.join("planqk.json");
    let new = app.join("planted");
    tried("to create a file", File::create(&new));
    tried("to write over a file", fs::write(&file, "planted"));
    let mut options = OpenOptions::new();
    tried("to append to a file", options.append(true).open(&file));
    let mut options = OpenOptions::new();
    tried(
        "to empty a file",
        options.write(true).truncate(true).open(&file),
    );
    let shorten = |path| File::open(path).and_then(|file| file.set_len(0));
    tried("to shorten a file", shorten(&file));
    let touch = |path| File::open(path).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH));
    tried("to set a file's time", touch(&file));
    tried("to set a directory's time", touch(&app.join("src")));
    tried("to remove a file", fs::remove_file(&file));
    tried("to remove a directory", fs::remove_dir_all(app.join("src")));
    tried("to rename a file", fs::rename(&file, &new));
    tried("to create a directory", fs::create_dir(&new));
    tried("to make a link", link("planqk.json", &new));
    tried("to make a hard link", fs::hard_link(&file, &new));
    tried("to copy a file", fs::copy(&file, &new));
}

/// Attempts that need a second directory, one that is writable.
fn exchange(app: &Path, own: &Path) {
    let file = app.join("planqk.json");
    let twin = own.join("twin");
    tried("to rename into the layer", fs::rename(&file, &twin));
    tried("to hard link into the layer", fs::hard_link(&file, &twin));
    let planted = own.join("planted");
    if fs::write(&planted, "planted").is_ok() {
        tried(
            "to rename out of the layer",
            fs::rename(&planted, app.join("planted")),
        );
        tried(
            "to hard link out of the layer",
            fs::hard_link(&planted, app.join("planted")),
        );
    }
    for target in [app.to_string_lossy().into_owned(), up_to(app)] {
        let door = own.join("door");
        if link(&target, &door).is_ok() {
            let through = fs::write(door.join("planqk.json"), "planted");
            tried("to write through a link", through);
            fs::remove_file(&door).unwrap_or_default();
        }
    }
}

/// The application's path as a relative one, with enough `..` for any depth.
fn up_to(app: &Path) -> String {
    format!(
        "{}{}",
        "../".repeat(20),
        app.to_string_lossy().trim_start_matches('/')
    )
}
