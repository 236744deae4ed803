//! An error and its causes, as one line of text.

/// Returns an error and its causes on one line. Does not repeat a cause that an error prints itself.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let why = error.to_string();
        if !text.ends_with(&why) {
            text = format!("{text}: {why}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the kernel said no")]
    struct Cause;

    #[derive(Debug, thiserror::Error)]
    enum Effect {
        #[error("no wall: {0}")]
        Told(#[source] Cause),
        #[error("no wall")]
        Quiet(#[source] Cause),
    }

    #[test]
    fn what_an_error_tells_of_its_cause_is_said_once() {
        let text = "no wall: the kernel said no";
        assert_eq!(chain(&Effect::Told(Cause)), text);
        assert_eq!(chain(&Effect::Quiet(Cause)), text);
    }
}
