//! Odd components, and what their authors read.

mod broken;
mod contract;

use wasm_encoder::{CustomSection, ProducersField, ProducersSection, Section as _};

use super::*;
use crate::contract::NEWEST;
use crate::made;

fn state(report: &Report, name: &str) -> (State, String) {
    let found = report.imports.iter().find(|one| one.name == name);
    let found = found.unwrap_or_else(|| panic!("{name} is not in {:?}", report.imports));
    (found.state, found.note.clone())
}

/// The text of the only finding, which must have this title.
fn only(report: &Report, title: &str) -> String {
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert_eq!(report.findings[0].title, title);
    report.findings[0].text.clone()
}

/// The text of the finding with this title.
fn text(report: &Report, title: &str) -> String {
    let found = report.findings.iter().find(|one| one.title == title);
    let found = found.unwrap_or_else(|| panic!("{title} is not in {:?}", report.findings));
    found.text.clone()
}

fn of_text(text: &str) -> Report {
    check(&wat::parse_str(text).unwrap())
}

#[test]
fn one_export_is_not_enough() {
    let items = "use wasm-buildpacks:buildpack/types@0.3.0.{detect-context, detect-outcome, failure}; \
        export detect: func(context: detect-context) -> result<detect-outcome, failure>; \
        export wasi:cli/environment@0.2.6;";
    let report = check(&made::component(&made::module(items)));
    let text = only(&report, "The component lacks a function of the contract");
    assert!(text.contains("does not export 'build'"), "{text}");
    assert!(
        text.contains("exports 'wasi:cli/environment@0.2.6' instead"),
        "{text}"
    );
    assert_eq!(report.verdict, Verdict::DoesNotFit);
}

#[test]
fn an_async_export_is_named_with_the_option_that_avoids_it() {
    let items = "use wasm-buildpacks:buildpack/types@0.3.0.{detect-context, detect-outcome, build-context, \
        build-output, failure}; \
        export detect: async func(context: detect-context) -> result<detect-outcome, failure>; \
        export build: func(context: build-context) -> result<build-output, failure>;";
    let report = check(&made::component(&made::module(items)));
    let features = text(
        &report,
        "The component uses WebAssembly that the host does not have",
    );
    assert!(features.contains("cm-async"), "{features}");
    assert!(features.contains("--sync"), "{features}");
    let exports = text(&report, "The component does not fit the contract");
    assert!(exports.contains("'detect' is async"), "{exports}");
}

#[test]
fn each_import_is_granted_standing_or_refused() {
    let report = check(&made::fitting(
        "import wasi:cli/environment@0.2.6; import wasi:clocks/monotonic-clock@0.2.6; import made:up/thing; \
         import f: func();",
    ));
    assert_eq!(state(&report, "wasi:io/poll@0.2.6").0, State::Granted);
    assert_eq!(
        state(&report, "wasm-buildpacks:buildpack/log@0.3.0").0,
        State::Granted
    );
    assert_eq!(
        state(&report, "wasi:cli/environment@0.2.6").0,
        State::Standing
    );
    assert_eq!(
        state(&report, "wasi:clocks/monotonic-clock@0.2.6").0,
        State::Standing
    );
    assert_eq!(state(&report, "made:up/thing").0, State::Refused);
    let (found, note) = state(&report, "f");
    assert_eq!(found, State::Refused);
    assert!(note.contains("not of an interface"), "{note}");
    let note = text(&report, "The host does not have 'made:up/thing'");
    assert!(note.contains("a part of WASI 0.2"), "{note}");
}

#[test]
fn any_wasi_0_2_is_accepted_and_others_are_refused_by_their_version() {
    let tools = Producers::new();
    let of = |name: &str| {
        let judged = imports::judge(&[name.to_owned()], Vec::new(), &tools);
        (judged[0].state, judged[0].note.clone())
    };
    assert_eq!(of("wasi:filesystem/types@0.2.99").0, State::Granted);
    assert_eq!(of("wasi:filesystem/types@0.2.0").0, State::Granted);
    for (name, note) in [
        (
            "wasi:clocks/monotonic-clock@0.3.0",
            "is of WASI 0.3, and this host has WASI 0.2",
        ),
        (
            "wasi:http/client@0.3.0",
            "is of WASI 0.3, and this host has WASI 0.2",
        ),
        (
            "wasi:cli/environment@0.2.0-rc-2023-11-10",
            "is of WASI 0.2.0-rc-2023-11-10",
        ),
        ("wasi:cli/environment", "of WASI"),
        ("wasi:keyvalue/store@0.2.0", "a part of WASI 0.2"),
        ("jco:node/fs@0.1.0", "is of Node.js"),
        (
            "wasm-buildpacks:buildpack/log@0.7.0",
            "does not speak version 0.7.0",
        ),
    ] {
        let (state, text) = of(name);
        assert_eq!(state, State::Refused, "{name}");
        assert!(text.contains(note), "{name}: {text}");
    }
}

#[test]
fn the_network_is_to_close_and_then_closed_and_the_tool_is_named() {
    let mut component = made::fitting("import wasi:sockets/tcp-create-socket@0.2.6;");
    let mut tools = ProducersField::new();
    tools.value("component-init-transform", "0.2.0");
    ProducersSection::new()
        .field("processed-by", &tools)
        .append_to(&mut component);

    let report = check(&component);
    let name = "wasi:sockets/tcp-create-socket@0.2.6";
    let (found, note) = state(&report, name);
    assert_eq!(found, State::ToClose);
    assert!(
        note.ends_with("componentize-py imports it in every component."),
        "{note}"
    );
    let text = only(&report, "The component imports the network");
    assert!(
        text.contains("'wasm-buildpack build' closes these imports"),
        "{text}"
    );
    assert_eq!(report.verdict, Verdict::DoesNotFit);

    let report = check(&crate::finish(&component).unwrap().component);
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::Fits);
    let (found, note) = state(&report, name);
    assert_eq!(found, State::Closed);
    assert!(
        note.ends_with("componentize-py imports it in every component."),
        "{note}"
    );
    assert_eq!(
        report.tools["processed-by"]["component-init-transform"],
        "0.2.0"
    );
}

#[test]
fn a_feature_that_the_host_lacks_is_named_with_the_option_that_avoids_it() {
    let cases = [
        ("(memory 1 1 shared)", "threads", "-pthread"),
        ("(memory i64 1)", "memory64", "wasm32"),
        ("(tag (type 0))", "exceptions", "-fno-exceptions"),
        ("(table 1 externref)", "gc-types", "externref"),
    ];
    for (item, feature, advice) in cases {
        let report = of_text(&format!("(component (core module (type (func)) {item}))"));
        let found = report.features.iter().find(|one| one.name == feature);
        let found = found.unwrap_or_else(|| panic!("{feature} is not in {:?}", report.features));
        assert!(!found.offered);
        let text = text(
            &report,
            "The component uses WebAssembly that the host does not have",
        );
        assert!(text.contains(feature) && text.contains(advice), "{text}");
        assert_eq!(report.verdict, Verdict::DoesNotFit);
    }
}

#[test]
fn features_that_the_host_has_are_listed() {
    let report = of_text(
        "(component (core module (memory 1) (memory 1) (func return_call 0) \
         (global (export \"g\") (mut i32) i32.const 0)))",
    );
    let features: Vec<_> = report
        .features
        .iter()
        .map(|one| (&*one.name, one.offered))
        .collect();
    let expected = [
        ("multi-memory", true),
        ("mutable-global", true),
        ("tail-call", true),
    ];
    assert_eq!(features, expected);
}

#[test]
fn what_exceeds_a_limit_is_named_with_its_key() {
    let memories = "(memory 1)".repeat(5);
    let instances = "(core instance (instantiate 0))".repeat(129);
    let cases = [
        (
            format!("(core module {memories})"),
            "It has 5 memories",
            "'memories = 5'",
        ),
        (
            "(core module (memory 4096) (memory 1))".to_owned(),
            "257 MiB of memory",
            "'memory-mib = 257'",
        ),
        (
            "(core module (table 20001 funcref))".to_owned(),
            "20001 elements",
            "'table-elements = 20001'",
        ),
        (
            format!("(core module) {instances}"),
            "129 instances",
            "'core-instances = 129'",
        ),
    ];
    for (items, count, key) in cases {
        let report = of_text(&format!("(component {items})"));
        let text = text(&report, "The component is larger than the host's limit");
        assert!(text.contains(count) && text.contains(key), "{text}");
        let mut keys = report.findings.iter().filter_map(|one| one.limit);
        assert!(
            keys.any(|one| key.starts_with(&format!("'{one} "))),
            "{key}"
        );
    }
    let report = of_text("(component (core module (memory 4096) (table 20000 funcref)))");
    let within = |one: &Finding| one.title != "The component is larger than the host's limit";
    assert!(report.findings.iter().all(within), "{:?}", report.findings);
}

#[test]
fn a_start_function_of_components_is_found_before_the_compiler_fails() {
    let report = of_text("(component (import \"f\" (func $f)) (start $f))");
    let text = text(&report, "The component has a start function");
    assert!(
        text.contains("Call the function at the beginning"),
        "{text}"
    );
    assert_eq!(report.verdict, Verdict::DoesNotFit);
}

#[test]
fn a_core_module_is_judged_as_the_component_that_it_becomes() {
    let report = check(&made::module(made::FITS));
    assert_eq!(report.verdict, Verdict::DoesNotFit);
    assert_eq!(report.kind, Kind::CoreModule);
    let text = only(&report, "This is a core module");
    assert!(
        text.contains("'wasm-buildpack build' makes one of it"),
        "{text}"
    );
    assert_eq!(report.contract.as_deref(), Some(NEWEST.name));

    let report = of_text("(module (import \"env\" \"f\" (func)))");
    let text = only(&report, "The core module cannot become a component");
    assert!(text.contains("imports from 'env'"), "{text}");
    assert_eq!(report.verdict, Verdict::DoesNotFit);

    let mut module = made::module(made::FITS);
    module.truncate(module.len() / 2);
    let report = check(&module);
    only(&report, "The core module is damaged");
}

#[test]
fn other_files_are_named_with_what_to_do() {
    let cases: [(&[u8], &str, &str); 8] = [
        (
            b"\x7fELF\x02",
            "The file is a compiled artifact or program",
            "'guest.wasm' beside it",
        ),
        (
            b";; a note\n(component)",
            "The file is WebAssembly as text",
            "wasm-tools parse",
        ),
        (
            b"  (module)",
            "The file is WebAssembly as text",
            "wasm-tools parse",
        ),
        (
            b"// a note\npackage a:b;",
            "The file is WIT as text",
            "has no code",
        ),
        (
            b"print('hello')",
            "The file is a text",
            "wasm-buildpack build",
        ),
        (b"", "The file is an empty file", "Build it again"),
        (
            b"\x1f\x8b\x08\0",
            "The file is not WebAssembly",
            "unpack it first",
        ),
        (b"\0asm", "The file is not WebAssembly", "does not begin"),
    ];
    for (bytes, title, advice) in cases {
        let report = check(bytes);
        assert_eq!(report.verdict, Verdict::NotJudged);
        let text = only(&report, title);
        assert!(text.contains(advice), "{text}");
    }
}

#[test]
fn a_damaged_component_and_one_without_code_are_named() {
    let mut component = made::fitting("");
    component.truncate(component.len() / 2);
    let report = check(&component);
    assert_eq!(report.verdict, Verdict::NotJudged);
    only(&report, "The component is damaged");
    assert_eq!(report.shape, None);

    let report = of_text("(component)");
    let text = only(&report, "The component lacks a function of the contract");
    assert!(text.contains("'detect' and 'build'"), "{text}");

    let (resolve, world) = NEWEST.parse().unwrap();
    let package = resolve.worlds[world].package.unwrap();
    let wit = wit_component::encode(&resolve, package).unwrap();
    let report = check(&wit);
    assert_eq!(report.kind, Kind::WitPackage);
    only(&report, "The file is a package of WIT");
}

#[test]
fn the_text_is_aligned_and_has_no_control_characters() {
    let mut component = made::fitting("import wasi:cli/environment@0.2.6;");
    let mut tools = ProducersField::new();
    tools.value("a\u{1b}[2Jtool", "1");
    ProducersSection::new()
        .field("language", &tools)
        .append_to(&mut component);
    let text = check(&component).to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "verdict          fits");
    assert_eq!(lines[1], "file             a component");
    assert_eq!(lines[2], "contract         0.3.0");
    assert_eq!(lines[3], "language         a[2Jtool 1");
    let imports = [
        "imports",
        "  standing  wasi:cli/environment@0.2.6             no variables and no arguments",
        "  granted   wasm-buildpacks:buildpack/log@0.3.0    messages in the build's log",
        "  granted   wasm-buildpacks:buildpack/types@0.3.0  the contract's types, without functions",
        "",
        "exports",
        "  fits  detect",
        "  fits  build",
    ];
    assert!(text.contains(&imports.join("\n")), "{text}");
    assert!(
        lines.iter().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_list_of_tools_that_cannot_be_read_does_not_matter() {
    let mut component = made::fitting("");
    let section = CustomSection {
        name: "producers".into(),
        data: b"\x01\x01a\xff"[..].into(),
    };
    section.append_to(&mut component);
    assert_eq!(check(&component).verdict, Verdict::Fits);
    assert_eq!(
        check(&crate::finish(&component).unwrap().component).verdict,
        Verdict::Fits
    );
}
