//! Removes the sections that nobody reads.
//!
//! These are the names of functions, debug information, and notes of tools. The engine copies names into the artifact,
//! which every phase maps and checks. What remains is one list of the tools that made the component, merged from the
//! lists of all modules in it, and one list of what was closed: `check` reads both.

use std::collections::BTreeMap;
use std::mem;

use anyhow::Context as _;
use wasm_encoder::{
    ComponentSectionId, CustomSection, Encode as _, ProducersField, ProducersSection, RawSection,
    Section as _,
};
use wasmparser::{Encoding, KnownCustom, Parser, Payload};

/// The custom section that lists the closed interfaces, one a line.
pub(crate) const CLOSED_SECTION: &str = "wasm-buildpacks.closed";

/// The tools that made a component: a field such as `language`, names, and versions.
pub(crate) type Producers = BTreeMap<String, BTreeMap<String, String>>;

/// Removes all custom sections of a component and everything in it, and adds the two that `check` reads.
pub(crate) fn strip(component: &[u8], closed: &[String]) -> anyhow::Result<Vec<u8>> {
    let mut output = Vec::new();
    let mut outer = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } => output.extend_from_slice(match encoding {
                Encoding::Component => &wasm_encoder::Component::HEADER,
                Encoding::Module => &wasm_encoder::Module::HEADER,
            }),
            // Their content follows.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                outer.push(mem::take(&mut output));
                continue;
            }
            Payload::End(_) => {
                let Some(mut parent) = outer.pop() else {
                    break;
                };
                let id = if output.starts_with(&wasm_encoder::Component::HEADER) {
                    ComponentSectionId::Component
                } else {
                    ComponentSectionId::CoreModule
                };
                parent.push(id.into());
                output.encode(&mut parent);
                output = parent;
            }
            Payload::CustomSection(_) => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
            let data = component.get(range).context("a section is cut off")?;
            RawSection { id, data }.append_to(&mut output);
        }
    }
    add_producers(&mut output, &producers(component)?);
    if !closed.is_empty() {
        let section = CustomSection {
            name: CLOSED_SECTION.into(),
            data: closed.join("\n").into_bytes().into(),
        };
        section.append_to(&mut output);
    }
    Ok(output)
}

fn add_producers(component: &mut Vec<u8>, producers: &Producers) {
    if producers.is_empty() {
        return;
    }
    let mut section = ProducersSection::new();
    for (name, values) in producers {
        let mut field = ProducersField::new();
        for (value, version) in values {
            field.value(value, version);
        }
        section.field(name, &field);
    }
    section.append_to(component);
}

/// Returns the tools that made a component or a module and everything in it.
pub(crate) fn producers(wasm: &[u8]) -> anyhow::Result<Producers> {
    let mut found = Producers::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Producers(fields) = section.as_known() else {
            continue;
        };
        // A custom section that cannot be read does not make a component invalid.
        for field in fields.into_iter().map_while(Result::ok) {
            let values = found.entry(field.name.to_owned()).or_default();
            for value in field.values.into_iter().map_while(Result::ok) {
                values.insert(value.name.to_owned(), value.version.to_owned());
            }
        }
    }
    found.retain(|_, values| !values.is_empty());
    Ok(found)
}

/// Returns the interfaces that were closed in a component, by the list that `strip` left in it.
pub(crate) fn closed(component: &[u8]) -> anyhow::Result<Vec<String>> {
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::CustomSection(section) = payload?
            && section.name() == CLOSED_SECTION
        {
            let text = String::from_utf8_lossy(section.data());
            return Ok(text.lines().map(str::to_owned).collect());
        }
    }
    Ok(Vec::new())
}
