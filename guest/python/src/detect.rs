//! Decides whether the image needs Python. Detection reads no file's content.

use wasm_buildpack_sdk::{App, BuildPlan, Detected, PlanAlternative, Requirement};

use crate::CPYTHON;

/// The files of a Python project that says which Python it needs.
const PROJECT_FILES: [&str; 4] = [
    ".python-version",
    "pyproject.toml",
    "pylock.toml",
    "uv.lock",
];

/// Takes part in every build: it provides `cpython`, and also requires it for a Python project. Any other application
/// gets Python only if another buildpack requires it.
pub(crate) fn detect(app: &App) -> Detected {
    let provides = PlanAlternative::new().provides(CPYTHON);
    let is_python = PROJECT_FILES.iter().any(|name| app.is_file(name));
    let plan = if is_python {
        let required = Requirement::new(CPYTHON).metadata(r#"{"launch":true}"#);
        BuildPlan::from(provides.requires(required))
    } else {
        BuildPlan::from(provides).or(PlanAlternative::new())
    };
    Detected::plan(plan)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn detected(names: &[&str]) -> Detected {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        detect(&App::at(folder.path().to_str().unwrap()))
    }

    #[test]
    fn a_python_project_requires_python_at_launch() {
        let required = Requirement::new("cpython").metadata(r#"{"launch":true}"#);
        let plan = PlanAlternative::new()
            .provides("cpython")
            .requires(required);
        for name in PROJECT_FILES {
            assert_eq!(
                detected(&[name, "main.py"]),
                Detected::plan(plan.clone()),
                "{name}"
            );
        }
    }

    #[test]
    fn any_other_application_gets_python_only_if_another_buildpack_requires_it() {
        let plan =
            BuildPlan::from(PlanAlternative::new().provides("cpython")).or(PlanAlternative::new());
        for names in [&["planqk.json"][..], &["requirements.txt", "main.py"], &[]] {
            assert_eq!(detected(names), Detected::plan(plan.clone()), "{names:?}");
        }
    }
}
