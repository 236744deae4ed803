//! Declines, with a reason.
//! The host must end detection with 100 and print `There is nothing to do`.

use guests::{DetectContext, DetectOutcome};

guests::guest!(detect);

fn detect(_: &DetectContext) -> DetectOutcome {
    DetectOutcome::Fail("There is nothing to do".to_owned())
}
