//! Parses the commands that a person can run under the host's own name.
//!
//! Nothing here runs them.

use std::ffi::OsString;
use std::path::PathBuf;

/// The usage text, shown for unknown arguments.
pub const USAGE: &str = "This program is a buildpack's bin/detect and bin/build: the lifecycle calls it by these names. \
By its own it answers\n  \
explain --buildpack DIR [--app DIR] [--platform DIR] [--ask] [--format text|json]\n  \
inspect --buildpack DIR [--format text|json]";

/// A parsed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub about: About,
    pub buildpack: PathBuf,
    /// Whether the output is JSON.
    pub json: bool,
}

/// The command, with the options that only it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Shows what a build may do, and what it would do.
    Explain {
        /// The application, for a dry run.
        app: Option<PathBuf>,
        /// The platform directory, with variables and bindings.
        platform: Option<PathBuf>,
        /// Whether to ask the servers, as a build does.
        ask: bool,
    },
    /// Shows the component's record and interface.
    Inspect,
}

/// Parses the arguments. `None` if they are not a known command.
pub fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Question> {
    let command = args.next()?;
    let explains = match command.to_str()? {
        "explain" => true,
        "inspect" => false,
        _ => return None,
    };
    let (mut buildpack, mut app, mut platform, mut format) = (None, None, None, None);
    let mut ask = false;
    while let Some(option) = args.next() {
        let place = match option.to_str()? {
            "--ask" if explains && !ask => {
                ask = true;
                continue;
            }
            "--buildpack" => &mut buildpack,
            "--format" => &mut format,
            "--app" if explains => &mut app,
            "--platform" if explains => &mut platform,
            _ => return None,
        };
        if place.replace(args.next()?).is_some() {
            return None;
        }
    }
    let json = match format.as_ref().map(|format| format.to_str()) {
        None | Some(Some("text")) => false,
        Some(Some("json")) => true,
        Some(_) => return None,
    };
    let about = if explains {
        About::Explain {
            app: app.map(PathBuf::from),
            platform: platform.map(PathBuf::from),
            ask,
        }
    } else {
        About::Inspect
    };
    Some(Question {
        about,
        buildpack: buildpack?.into(),
        json,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Question> {
        parse(text.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_question_is_understood_in_any_order_of_its_options() {
        let full = "explain --format json --app a --platform p --buildpack b";
        let expected = Question {
            about: About::Explain {
                app: Some("a".into()),
                platform: Some("p".into()),
                ask: false,
            },
            buildpack: "b".into(),
            json: true,
        };
        assert_eq!(asked(full), Some(expected));
        let asking = asked("explain --ask --buildpack b").unwrap();
        assert!(matches!(asking.about, About::Explain { ask: true, .. }));
        let inspect = asked("inspect --buildpack b --format text").unwrap();
        assert_eq!((inspect.about, inspect.json), (About::Inspect, false));
    }

    #[test]
    fn what_is_no_question_is_none() {
        for text in [
            "",
            "explain",
            "explain b",
            "explain --buildpack",
            "explain --buildpack b --buildpack c",
            "explain --buildpack b --format yaml",
            "explain --buildpack b --verbose",
            "explain --buildpack b --ask --ask",
            "inspect --buildpack b --ask",
            "inspect --buildpack b --app a",
            "detect --buildpack b",
        ] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
