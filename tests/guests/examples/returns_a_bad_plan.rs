//! Passes detection with an invalid build plan.
//! The host must end with a fault, not with 0 or 100, and write no build plan. Its build is innocent.
//!
//! Cases: array-metadata, empty-provided, empty-required, null-metadata, number-metadata, repeated-keys.

use guests::{DetectContext, DetectOutcome, Detected, case, unknown_case};
use wasm_buildpack_sdk::{PlanAlternative, Requirement};

guests::guest!(detect);

fn detect(context: &DetectContext) -> Detected {
    let mut requirement = Requirement::new("cpython");
    let mut provides = Vec::new();
    match case(&context.variables)? {
        "array-metadata" => "[]".clone_into(&mut requirement.metadata),
        "empty-provided" => provides = vec![String::new()],
        "empty-required" => requirement.name.clear(),
        "null-metadata" => r#"{"a":null}"#.clone_into(&mut requirement.metadata),
        "number-metadata" => "3".clone_into(&mut requirement.metadata),
        // In TOML, the key is repeated in the header of each table beneath it.
        "repeated-keys" => {
            let tables: Vec<_> = (0..50_000).map(|n| format!("\"{n}\":{{}}")).collect();
            requirement.metadata = format!("{{\"{}\":{{{}}}}}", "k".repeat(250), tables.join(","));
        }
        other => return unknown_case(other),
    }
    let mut first = PlanAlternative::new().requires(requirement);
    first.provides = provides;
    Ok(DetectOutcome::plan(first))
}
