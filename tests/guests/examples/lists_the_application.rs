//! Lists the application recursively, one line for each entry: `saw <kind> <path>`, or `failed: <error>` if it cannot
//! be inspected; then again through links, and reads each file: `read <n> bytes of <path>`.
//! In detect too. The last line must be `listed everything`, and no name may reach the terminal unescaped.

use std::fs;
use std::path::Path;

use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    list(Path::new(&context.app_dir));
    say("listed everything");
    innocent::detect(context)
}

fn build(context: &BuildContext) -> BuildOutput {
    list(Path::new(&context.app_dir));
    say("listed everything");
    innocent::output()
}

fn list(dir: &Path) {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => return say(&format!("failed: {}: {error}", dir.display())),
    };
    for entry in entries {
        let (path, kind) = match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
            Ok(found) => found,
            Err(error) => {
                say(&format!("failed: {error}"));
                continue;
            }
        };
        let shown = path.to_string_lossy();
        if kind.is_dir() {
            say(&format!("saw directory {shown}"));
            list(&path);
            continue;
        }
        say(&format!(
            "saw {} {shown}",
            if kind.is_file() { "file" } else { "other" }
        ));
        // Reads it by the listed name, whatever its kind.
        match fs::read(&path) {
            Ok(bytes) => say(&format!("read {} bytes of {shown}", bytes.len())),
            Err(error) => say(&format!("failed: {shown}: {error}")),
        }
    }
}
