//! The report as text.

use std::fmt;

use super::{Compared, Report, Verdict};
use crate::offer;
use text::wrapped;

/// The widest line. A longer one is continued below, indented.
const WIDTH: usize = 100;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Fits => "fits",
            Verdict::DoesNotFit => "does not fit",
            Verdict::NotJudged => "cannot be judged",
        };
        row(f, "verdict", verdict)?;
        row(f, "file", self.kind.name())?;
        if let Some(contract) = &self.contract {
            row(f, "contract", contract)?;
        }
        for (field, values) in &self.tools {
            let values: Vec<_> = values
                .iter()
                .map(|(name, version)| format!("{name} {version}").trim().to_owned())
                .collect();
            row(f, field, &values.join(", "))?;
        }
        self.shape(f)?;
        let imports = self.imports.iter();
        let imports = imports.map(|one| [one.state.name(), &one.name, &one.note]);
        table(f, "imports", &imports.collect::<Vec<_>>())?;
        let notes: Vec<_> = self
            .exports
            .iter()
            .map(|one| one.differences.join("; "))
            .collect();
        let exports = self.exports.iter().zip(&notes);
        let exports = exports.map(|(one, note)| {
            let state = match one.state {
                Compared::Fits => "fits",
                Compared::Missing => "missing",
                Compared::Differs => "differs",
                Compared::Extra => "extra",
            };
            [state, &one.name, note]
        });
        table(f, "exports", &exports.collect::<Vec<_>>())?;
        let features = self.features.iter().map(|one| {
            let state = if one.offered { "granted" } else { "refused" };
            [state, &one.name, one.advice.unwrap_or_default()]
        });
        table(f, "WebAssembly features", &features.collect::<Vec<_>>())?;
        for finding in &self.findings {
            writeln!(f, "\n[{}]", finding.title)?;
            wrap(f, "", "", &finding.text)?;
        }
        Ok(())
    }
}

impl Report {
    fn shape(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(shape) = &self.shape else {
            return Ok(());
        };
        row(f, "size", &format!("{} bytes", shape.bytes))?;
        let mib = shape.memory_at_start.div_ceil(1 << 20);
        for (name, count, limit) in [
            (
                "core instances",
                shape.core_instances,
                offer::CORE_INSTANCES,
            ),
            ("memories", shape.memories, offer::MEMORIES),
            ("memory at start", mib, offer::MEMORY_MIB),
            ("largest table", shape.table_elements, offer::TABLE_ELEMENTS),
        ] {
            let text = format!("{count} of {} ({})", limit.default, limit.key);
            row(f, name, &text)?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    wrap(f, &format!("{name:<15}  "), &" ".repeat(17), text)
}

/// Writes rows of a state, a name and a note, the first two aligned.
fn table(f: &mut fmt::Formatter<'_>, title: &str, rows: &[[&str; 3]]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    let widest = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (states, names) = (widest(0), widest(1));
    writeln!(f, "\n{title}")?;
    let mut before = "";
    for [state, name, note] in rows {
        let start = format!("  {state:<states$}  {name:<names$}  ");
        let same = !note.is_empty() && *note == before;
        before = note;
        if same {
            wrap(f, &start, "", "as above")?;
        } else if note.is_empty() {
            writeln!(f, "{}", shown(start.trim_end()))?;
        } else {
            wrap(f, &start, &" ".repeat(start.chars().count()), note)?;
        }
    }
    Ok(())
}

/// Writes a text in lines. The first begins with `start`, the others with `indent`.
fn wrap(f: &mut fmt::Formatter<'_>, start: &str, indent: &str, text: &str) -> fmt::Result {
    let words: Vec<_> = text.split_whitespace().collect();
    let wrapped = wrapped(&words.join(" "), WIDTH, start, indent);
    for line in wrapped.lines() {
        writeln!(f, "{}", shown(line.trim_end()))?;
    }
    Ok(())
}

/// Removes what a terminal or a CI service could take for a command: names come from the component.
fn shown(line: &str) -> String {
    text::line(line)
}
