//! Decides whether an application has a lock file that this buildpack reads. Of the locks, only a requirements file is
//! parsed here: whether each of its packages has a digest decides who takes part.

use python_version::{Choice, Origin, VARIABLE, choose};
use serde_json::json;
use wasm_buildpack_sdk::{App, DetectContext, Detected, PlanAlternative, Requirement};

use crate::requirements::{self, Requirements};
use crate::{CPYTHON, SITE_PACKAGES, lock};

/// Takes part if there is a lock with addresses and digests. It requires the Python for which it will choose wheels, so
/// that another buildpack for Python provides that one too.
pub(crate) fn detect(context: &DetectContext) -> Detected {
    let app = context.app();
    if lock::find(&app).is_none()
        && let Err(reason) = requirements_of(&app, context.has_index)
    {
        return Detected::fail(reason);
    }
    let python = match choose(&app, context.variable(VARIABLE)) {
        // The name 'default' is not a request, so it does not take precedence over those of other buildpacks.
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

/// Reads the requirements file of an application without another lock, or returns the reason not to take part.
fn requirements_of(app: &App, policy_has_index: bool) -> Result<(), String> {
    if !app.is_file(requirements::FILE) {
        let other = ["poetry.lock", "pdm.lock"]
            .into_iter()
            .find(|name| app.is_file(name));
        return Err(match other {
            Some(name) => reason(name),
            None => "The application has neither uv.lock nor pylock.toml".to_owned(),
        });
    }
    let text = lock::text(app, requirements::FILE).map_err(|error| error.to_string())?;
    let read = Requirements::read(&text).and_then(|read| read.with_index(policy_has_index));
    read.map(|_| ()).map_err(|error| error.reason())
}

/// The reason why a file of another tool is not enough.
fn reason(name: &str) -> String {
    let make = match name {
        "poetry.lock" => "'poetry export -f pylock.toml -o pylock.toml'",
        _ => "'pdm export -f pylock -o pylock.toml'",
    };
    format!(
        "{name} has no addresses of files with digests. Make uv.lock or pylock.toml by {make}, or use Paketo's buildpack \
         for this project"
    )
}

#[cfg(test)]
mod tests;
