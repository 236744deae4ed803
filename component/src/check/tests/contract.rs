//! Components of other texts of the contract.

use super::{only, text};
use crate::check::{Compared, Report, Verdict, check};
use crate::contract::{NEWEST, VERSIONS};
use crate::made;

/// A component that is made for another text of the contract.
fn edited(from: &str, to: &str) -> Report {
    assert!(NEWEST.wit().contains(from), "the contract has no '{from}'");
    let contract = NEWEST.wit().replace(from, to);
    check(&made::component(&made::module_of(&contract, made::FITS)))
}

#[test]
fn a_component_of_each_version_fits() {
    for version in VERSIONS {
        let items = made::FITS.replace(NEWEST.name, version.name);
        let report = check(&made::component(&made::module_of(version.wit(), &items)));
        assert_eq!(report.findings, []);
        assert_eq!(report.verdict, Verdict::Fits);
        assert_eq!(report.contract.as_deref(), Some(version.name));
        let exports: Vec<_> = report
            .exports
            .iter()
            .map(|one| (&*one.name, one.state))
            .collect();
        assert_eq!(
            exports,
            [("detect", Compared::Fits), ("build", Compared::Fits)]
        );
    }
}

#[test]
fn a_later_edition_of_a_version_fits_and_another_version_does_not() {
    let of = |name: &str| {
        let contract = NEWEST
            .wit()
            .replace(&format!("@{};", NEWEST.name), &format!("@{name};"));
        let items = made::FITS.replace(NEWEST.name, name);
        check(&made::component(&made::module_of(&contract, &items)))
    };
    assert_eq!(of("0.3.9").verdict, Verdict::Fits);
    let report = of("0.7.0");
    assert_eq!(report.verdict, Verdict::DoesNotFit);
    let text = text(
        &report,
        "The component speaks another version of the contract",
    );
    assert!(
        text.contains("version 0.7.0, and this host speaks 0.3.0, 0.2.0 and 0.1.0"),
        "{text}"
    );
}

#[test]
fn a_difference_is_named_by_record_and_field() {
    let title = "The component does not fit the contract";
    let cases = [
        (
            ("executables: list<string>,", ""),
            "record 'layer' lacks the field 'executables'",
        ),
        (
            (
                "executables: list<string>,",
                "executables: list<string>, extra: u8,",
            ),
            "record 'layer' has the field 'extra', which the contract does not have",
        ),
        (
            ("executables: list<string>,", "executables: list<u32>,"),
            "record 'layer', field 'executables': the contract has string, the component u32",
        ),
        (
            ("executables: list<string>,", "executables: option<string>,"),
            "record 'layer', field 'executables': the contract has list<string>, the component option<string>",
        ),
        (
            ("arch-variant: option<string>,", "arch-variant: string,"),
            "record 'target', field 'arch-variant': the contract has option<string>, the component string",
        ),
        (
            ("        wheel,\n", ""),
            "enum 'unpack' lacks the case 'wheel'",
        ),
        (
            (
                "        packages(indexed-packages),\n",
                "        packages(list<indexed-package>),\n",
            ),
            "variant 'source-part', case 'packages': the contract has record 'indexed-packages', the component list<record 'indexed-package'>",
        ),
        (
            ("        fail(string),", "        fail,"),
            "variant 'detect-outcome', case 'fail': the contract has string, the component nothing",
        ),
        (
            ("launch: bool,", "launch-too: bool,"),
            "record 'layer-types' lacks the field 'launch'",
        ),
        (
            (
                "export detect: func(context: detect-context) -> result<detect-outcome, failure>;",
                "export detect: func() -> result<detect-outcome, failure>;",
            ),
            "'detect' has 0 parameters, and the contract has 1",
        ),
        (
            (
                "log: func(level: level, message: string);",
                "log: func(level: level, message: string) -> bool;",
            ),
            "the result of 'log': the contract has nothing, the component bool",
        ),
    ];
    for ((from, to), difference) in cases {
        let report = edited(from, to);
        assert_eq!(report.verdict, Verdict::DoesNotFit);
        let text = only(&report, title);
        assert!(text.contains(difference), "{difference} is not in: {text}");
    }
    let report = edited("launch: bool,", "");
    assert_eq!(report.exports[0].state, Compared::Fits);
    assert_eq!(report.exports[1].state, Compared::Differs);
}

#[test]
fn another_order_of_fields_is_a_difference() {
    let contract = NEWEST
        .wit()
        .replace("        key: string,", "        swapped: string,");
    let contract = contract.replace(
        "        value: string,\n    }\n\n    /// A slice",
        "        key: string,\n    }\n\n    /// A slice",
    );
    let contract = contract.replace("swapped", "value");
    let report = check(&made::component(&made::module_of(&contract, made::FITS)));
    let text = only(&report, "The component does not fit the contract");
    assert!(
        text.contains("record 'label' has its fields in another order"),
        "{text}"
    );
}
