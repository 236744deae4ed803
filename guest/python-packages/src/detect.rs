//! Decides whether an application has a lock file that this buildpack reads. No lock is parsed here.

use python_version::{Choice, Origin, VARIABLE, choose};
use serde_json::json;
use wasm_buildpack_sdk::{DetectContext, Detected, PlanAlternative, Requirement};

use crate::{CPYTHON, SITE_PACKAGES, lock};

/// Takes part if there is a lock with addresses and digests. It requires the Python for which it will choose wheels, so
/// that another buildpack for Python provides that one too.
pub(crate) fn detect(context: &DetectContext) -> Detected {
    let app = context.app();
    if lock::find(&app).is_none() {
        let other = ["requirements.txt", "poetry.lock", "pdm.lock"]
            .into_iter()
            .find(|name| app.is_file(name));
        return Detected::fail(match other {
            Some(name) => reason(name),
            None => "The application has neither uv.lock nor pylock.toml".to_owned(),
        });
    }
    let python = match choose(&app, context.variable(VARIABLE)) {
        // The name 'default' is not a request that stands above those of other buildpacks.
        Ok(Choice {
            version,
            origin: Origin::Default,
        }) => {
            json!({ "launch": true, "version": format!("{}.{}.*", version.major, version.minor) })
        }
        Ok(Choice { version, origin }) => json!({
            "launch": true,
            "version": format!("{}.{}.*", version.major, version.minor),
            "version-source": origin.name(),
        }),
        // The build says why.
        Err(_) => json!({ "launch": true }),
    };
    let packages = Requirement::new(SITE_PACKAGES).metadata(r#"{"launch":true}"#);
    let plan = PlanAlternative::new()
        .provides(SITE_PACKAGES)
        .requires(packages)
        .requires(Requirement::new(CPYTHON).metadata(python.to_string()));
    Detected::plan(plan)
}

/// The reason why a file of another tool is not enough.
fn reason(name: &str) -> String {
    let make = match name {
        "poetry.lock" => "'poetry export -f pylock.toml -o pylock.toml'",
        "pdm.lock" => "'pdm export -f pylock -o pylock.toml'",
        _ => "'uv lock', or 'uv export --format pylock.toml -o pylock.toml'",
    };
    format!(
        "{name} has no addresses of files with digests. Make uv.lock or pylock.toml by {make}, or use Paketo's buildpack \
         for this project"
    )
}

#[cfg(test)]
mod tests;
