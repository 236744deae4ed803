//! Uses the whole contract as intended: a layer with every kind of change, programs, processes, labels, slices,
//! an unmet entry of the plan if there is one, and a store that counts the builds. It has no contents.
//! The host must accept the output and write every part of it. `builds` in the store grows by one each time.

use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Level, innocent, log, say};
use wasm_buildpack_sdk::{
    BuildPlan, EnvChange, EnvMode, EnvScope, Layer, LayerTypes, PlanAlternative, Requirement,
};

guests::guest!(detect, build);

fn detect(_: &DetectContext) -> DetectOutcome {
    say("Detecting");
    let metadata = r#"{"launch":true,"nested":{"list":[1,2.5,"three"]}}"#;
    let first = PlanAlternative::new()
        .provides("tools")
        .requires(Requirement::new("cpython").metadata(metadata));
    let plan = BuildPlan::from(first)
        .or(PlanAlternative::new().requires("cpython"))
        .or(PlanAlternative::new());
    DetectOutcome::plan(plan)
}

fn build(context: &BuildContext) -> BuildOutput {
    log(Level::Debug, "A line for those who look for a fault");
    say("Building");
    log(Level::Warning, "A line that warns");
    let mut web = innocent::process("web");
    web.command = ["python", "-m", "app"].map(str::to_owned).to_vec();
    web.args = vec!["--port".to_owned(), "8080".to_owned()];
    web.default = true;
    let mut worker = innocent::process("worker.slow_1");
    worker.working_directory = Some("src".to_owned());
    BuildOutput {
        layers: vec![layer()],
        processes: vec![web, worker],
        labels: vec![innocent::label("org.example.tools")],
        slices: vec![innocent::slice("static/*"), innocent::slice("*.md")],
        unmet: context
            .buildpack_plan
            .iter()
            .take(1)
            .map(|entry| entry.name.clone())
            .collect(),
        store: Some(format!(r#"{{"builds":{}}}"#, builds_so_far(context) + 1)),
    }
}

fn builds_so_far(context: &BuildContext) -> u64 {
    context
        .store
        .as_deref()
        .and_then(|store| serde_json::from_str::<serde_json::Value>(store).ok())
        .and_then(|store| store["builds"].as_u64())
        .unwrap_or(0)
}

fn layer() -> Layer {
    let mut env = Vec::new();
    for (scope, prefix) in [
        (EnvScope::All, "ALL"),
        (EnvScope::Build, "BUILD"),
        (EnvScope::Launch, "LAUNCH"),
    ] {
        for (mode, suffix, delimiter) in [
            (EnvMode::Append, "APPEND", Some(":")),
            (EnvMode::Default, "DEFAULT", None),
            (EnvMode::Override, "OVERRIDE", None),
            (EnvMode::Prepend, "PREPEND", Some(", ")),
            (EnvMode::Append, "BARE_APPEND", None),
        ] {
            env.push(EnvChange {
                scope,
                mode,
                delimiter: delimiter.map(str::to_owned),
                ..innocent::change(&format!("{prefix}_{suffix}"))
            });
        }
    }
    env.push(EnvChange {
        process: Some("web".to_owned()),
        value: "two\nlines = \"quoted\" \u{e9}".to_owned(),
        ..innocent::change("ONLY_WEB")
    });
    let mut only_web = innocent::program("only_web");
    only_web.process = Some("web".to_owned());
    Layer {
        types: LayerTypes {
            launch: true,
            build: true,
            cache: false,
        },
        metadata: r#"{"made-by":"behaves_well","nested":{"list":[true,-1]}}"#.to_owned(),
        env,
        exec_d: vec![innocent::program("always"), only_web],
        ..innocent::layer(innocent::LAYER)
    }
}
