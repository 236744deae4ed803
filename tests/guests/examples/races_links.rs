//! Reads a file thousands of times while the test replaces the directory above it by a link. In build only.
//! `CASE` selects the file, as `application:<path>` or `layers:<path>`. The guest logs the counts of its reads:
//! `own: <n>, else: <n>, denied: <n>`, where its own text is `inside`, and every other text counts as `else`.
//! In the layers it first writes the file, with its directory. It must read its own text and no other.

use std::fs;
use std::path::{Path, PathBuf};

use guests::{BuildContext, BuildOutput, Failure, case, failure, innocent, say, unknown_case};

guests::guest!(build);

const TIMES: u32 = 20_000;

fn build(context: &BuildContext) -> Result<BuildOutput, Failure> {
    let path = match case(&context.variables)?.split_once(':') {
        Some(("application", path)) => Path::new(&context.app_dir).join(path),
        Some(("layers", path)) => plant(&Path::new(&context.layers_dir).join(path))?,
        _ => return unknown_case("without a path"),
    };
    let (mut own, mut other, mut denied) = (0, 0, 0);
    for _ in 0..TIMES {
        match fs::read_to_string(&path) {
            Ok(text) if text == "inside" => own += 1,
            Ok(text) => {
                other += 1;
                say(&format!("found {text}"));
            }
            Err(_) => denied += 1,
        }
    }
    say(&format!("own: {own}, else: {other}, denied: {denied}"));
    Ok(innocent::output())
}

fn plant(path: &Path) -> Result<PathBuf, Failure> {
    let above = path.parent().unwrap_or(path);
    fs::create_dir_all(above)
        .and_then(|()| fs::write(path, "inside"))
        .map_err(|error| failure(format!("The file could not be planted: {error}.")))?;
    Ok(path.to_owned())
}
