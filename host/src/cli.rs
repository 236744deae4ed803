//! What a person can ask of the host by its own name: its words, and nothing of their meaning.

use std::ffi::OsString;
use std::path::PathBuf;

/// How to ask, for whoever asked otherwise.
pub const USAGE: &str = "This program is a buildpack's bin/detect and bin/build: the lifecycle calls it by these names. \
By its own it answers\n  \
explain --buildpack DIR [--app DIR] [--platform DIR] [--ask] [--format text|json]\n  \
inspect --buildpack DIR [--format text|json]";

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// About what.
    pub about: About,
    /// The buildpack's directory.
    pub buildpack: PathBuf,
    /// Whether a program will read the answer.
    pub json: bool,
}

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// What a build may do, and would do.
    Explain {
        /// The application, for a dry run.
        app: Option<PathBuf>,
        /// The platform directory, with variables and bindings.
        platform: Option<PathBuf>,
        /// Whether the servers are asked, as a build would.
        ask: bool,
    },
    /// What the component is.
    Inspect,
}

/// Reads what stands behind the program's name; `None` if it is no question.
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
