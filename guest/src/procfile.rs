//! Reads `Procfile` as the buildpacks for it do: Paketo's and Heroku's differ in which process becomes the default.

use alloc::format;
use alloc::string::String;

use crate::application::unchecked;
use crate::application::{Application, Entry};

const FILE: &str = "Procfile";

/// The greatest length of a process type's name.
const LONGEST: usize = 63;

/// Warns if a builder with a Procfile buildpack would start another process than the job by default.
pub(crate) fn warning(application: &Application) -> Option<String> {
    if application.entry(FILE) != Entry::File {
        return None;
    }
    match application.text(FILE) {
        Ok(text) => default_process(&text).map(|(whose, name)| {
            format!(
                "{FILE}: in a builder with {whose} Procfile buildpack its line '{name}' becomes the default process in \
                 place of 'python -m app', and the job will not run. Remove the file, or that buildpack."
            )
        }),
        Err(why) => Some(unchecked(FILE, &why)),
    }
}

/// The process type that becomes the default, and the buildpacks that make it so: 'web' with any buildpack, 'worker'
/// with Paketo's, the only one with Heroku's. `None` if the job's own process stays the default.
fn default_process(text: &str) -> Option<(&'static str, &str)> {
    let (mut web, mut worker, mut several) = (false, false, false);
    let mut first = None;
    for name in text.split('\n').filter_map(name) {
        web |= name.eq_ignore_ascii_case("web");
        worker |= name.eq_ignore_ascii_case("worker");
        several |= first.is_some_and(|first| first != name);
        first = first.or(Some(name));
    }
    match first? {
        _ if web => Some(("a", "web")),
        _ if worker && several => Some(("Paketo's", "worker")),
        _ if several => None,
        only if worker => Some(("a", only)),
        only => Some(("Heroku's", only)),
    }
}

/// The name before a colon and a command, if the line has that form.
fn name(line: &str) -> Option<&str> {
    let (name, command) = line.split_once(':')?;
    let name = name.trim_ascii_start();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let named = (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_name);
    (named && !command.trim_ascii().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_web_or_with_paketo_worker_or_with_heroku_the_only_one() {
        for (text, expected) in [
            ("web: x", Some(("a", "web"))),
            ("release: x\nWEB: y\nworker: z", Some(("a", "web"))),
            ("worker: x\r\n", Some(("a", "worker"))),
            ("worker: x\nrelease: y", Some(("Paketo's", "worker"))),
            ("release: x", Some(("Heroku's", "release"))),
            ("release: x\nrelease: y", Some(("Heroku's", "release"))),
            ("release: x\nclock: y", None),
            ("", None),
            ("# web: x\n\nweb\nweb:\nweb: \n: x\nsome web: x", None),
        ] {
            assert_eq!(default_process(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_what_stands_before_a_colon_and_a_command() {
        let long = "n".repeat(63);
        for (line, expected) in [
            ("web:x", Some("web")),
            ("  my_Own-1: x y: z", Some("my_Own-1")),
            (&format!("{long}: x"), Some(long.as_str())),
            (&format!("{long}n: x"), None),
            ("größe: x", None),
        ] {
            assert_eq!(name(line), expected, "{line:?}");
        }
    }
}
