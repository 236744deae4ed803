//! Components that are cut off, changed or nested: each gets a judgement.

use wasm_encoder::{
    Component, ComponentTypeRef, ComponentTypeSection, ComponentValType, PrimitiveValType,
};
use wasm_encoder::{ComponentImportSection, RawSection};

use super::*;

/// The number of a custom section.
const CUSTOM: u8 = 0;
/// The number of a section that holds a component.
const COMPONENT: u8 = 4;
/// The depth of the nested parts. Bindings nest a few.
const DEPTH: u32 = 30;

fn fitting() -> Vec<u8> {
    made::fitting("import wasi:cli/environment@0.2.6;")
}

#[test]
fn a_component_that_is_cut_off_does_not_fit_wherever_it_ends() {
    let whole = fitting();
    assert_eq!(check(&whole).verdict, Verdict::Fits);
    for end in (0..whole.len()).step_by(13) {
        let report = check(&whole[..end]);
        // A custom section may be missing as a whole: no rule needs one.
        if whole[end] == CUSTOM && report.verdict == Verdict::Fits {
            continue;
        }
        assert_ne!(report.verdict, Verdict::Fits, "{end}");
        assert!(!report.findings.is_empty(), "{end}");
    }
}

#[test]
fn a_component_with_a_changed_byte_gets_a_judgement() {
    let whole = fitting();
    let mut damaged = 0;
    for at in (8..whole.len()).step_by(13) {
        let mut changed = whole.clone();
        changed[at] ^= 0x80;
        let report = check(&changed);
        assert_eq!(
            report.verdict == Verdict::Fits,
            report.findings.is_empty(),
            "{at}"
        );
        damaged += usize::from(report.verdict == Verdict::NotJudged);
    }
    assert!(damaged > 10, "{damaged}");
}

#[test]
fn components_within_components_are_read_and_lack_the_contracts_functions() {
    let mut bytes = Component::new().finish();
    for _ in 0..DEPTH {
        let mut outer = Component::new();
        outer.section(&RawSection {
            id: COMPONENT,
            data: &bytes,
        });
        bytes = outer.finish();
    }
    only(
        &check(&bytes),
        "The component lacks a function of the contract",
    );
}

#[test]
fn nested_types_are_read_and_the_import_that_has_them_is_named() {
    let mut types = ComponentTypeSection::new();
    types.defined_type().list(PrimitiveValType::U8);
    for inner in 0..DEPTH {
        types.defined_type().list(ComponentValType::Type(inner));
    }
    let argument = ComponentValType::Type(DEPTH);
    types.function().params([("x", argument)]).result(None);
    let mut imports = ComponentImportSection::new();
    imports.import("f", ComponentTypeRef::Func(DEPTH + 1));
    let mut component = Component::new();
    component.section(&types).section(&imports);
    let report = check(&component.finish());
    assert_eq!(report.verdict, Verdict::DoesNotFit);
    assert_eq!(report.findings[0].title, "The host does not have 'f'");
}
