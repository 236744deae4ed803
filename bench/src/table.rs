//! Prints the results as tables that are valid Markdown too.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::case::Facts;
use crate::guests::compiling::{Compiled, OF_TESTS};
use crate::guests::made::Way;
use crate::packages::clients::{CURL, PIP};
use crate::peers::{BASH, CLONE};
use crate::reach::Reach;
use crate::repositories;
use crate::rounds::Found;
use crate::spread::Spread;

/// One table for each task that several peers do.
pub(crate) fn comparisons(found: &[Found]) -> String {
    let mut text = String::new();
    let mut rest: Vec<&Found> = found.iter().collect();
    while let Some(first) = rest.first() {
        let facts = first.facts;
        let (these, others): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|other| is_same(facts, other.facts));
        text.extend(["\n", &title(facts), "\n\n", &comparison(&these), "\n"]);
        rest = others;
    }
    text
}

fn is_same(one: Facts, other: Facts) -> bool {
    Facts { peer: "", ..one } == Facts { peer: "", ..other }
}

fn title(facts: Facts) -> String {
    let mut words = vec![facts.group.to_owned()];
    words.extend([facts.repository, facts.revision].map(str::to_owned));
    if facts.delay > 0 {
        words.push(format!("{} ms per request", facts.delay));
    }
    words.retain(|word| !word.is_empty());
    let title = words.join(", ");
    match repositories::about(facts.repository) {
        Some(about) => format!("{title} ({about})"),
        None => title,
    }
}

fn comparison(found: &[&Found]) -> String {
    let reference = found
        .iter()
        .find(|found| [BASH, CLONE, PIP, CURL].contains(&found.facts.peer));
    let of = match reference {
        Some(found) if [PIP, CURL].contains(&found.facts.peer) => {
            format!("of {}", found.facts.peer)
        }
        _ => "of the script".to_owned(),
    };
    let mut table = table(&[
        "",
        "ms",
        "quartiles",
        &of,
        "CPU ms",
        "requests",
        "KB",
        "MB at once",
        "rounds",
    ]);
    for row in found {
        let ratio = reference.map(|reference| row.wall.median / reference.wall.median);
        table.add_row([
            row.facts.peer.to_owned(),
            number(row.wall.median),
            quartiles(row.wall),
            ratio.map_or(String::new(), |ratio| format!("{ratio:.3}")),
            number(row.processor.median),
            row.requests
                .map_or(String::new(), |requests| requests.to_string()),
            row.bytes
                .map_or(String::new(), |bytes| thousands(bytes.div_ceil(1000))),
            memory(row),
            row.rounds.to_string(),
        ]);
    }
    finish(table)
}

/// The peak at one time, and both processes' own peaks if there are two.
fn memory(row: &Found) -> String {
    let megabytes = |bytes: u64| format!("{:.1}", megabytes(bytes));
    let peaks = row.memory;
    if peaks.runner > 0 {
        format!(
            "{} ({} + {})",
            megabytes(peaks.at_once),
            megabytes(peaks.first),
            megabytes(peaks.runner)
        )
    } else {
        megabytes(peaks.at_once)
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a machine's memory")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A table of the compilers, beside the one of tests. It is empty if nothing was compiled.
pub(crate) fn compilers(compiled: &[Compiled]) -> String {
    let reference = compiled.iter().find(|one| one.compiler == OF_TESTS);
    let mut table = table(&["", "s", "quartiles", "of the last", "CPU s", "rounds"]);
    for row in compiled {
        let ratio = reference.map(|reference| row.wall.median / reference.wall.median);
        table.add_row([
            row.compiler.to_owned(),
            number(row.wall.median),
            quartiles(row.wall),
            ratio.map_or(String::new(), |ratio| format!("{ratio:.3}")),
            number(row.processor.median),
            row.rounds.to_string(),
        ]);
    }
    with_title("compiling the component in Python", compiled.len(), table)
}

/// A table of the times from an empty folder to a package.
pub(crate) fn ways(ways: &[Way]) -> String {
    let mut table = table(&["", "s", "CPU s", "commands"]);
    for row in ways {
        table.add_row([
            row.guest.to_owned(),
            number(row.wall),
            number(row.processor),
            row.commands.to_string(),
        ]);
    }
    with_title("from new to a package", ways.len(), table)
}

fn with_title(title: &str, rows: usize, table: Table) -> String {
    if rows == 0 {
        return String::new();
    }
    format!("{title}\n\n{}\n", finish(table))
}

/// A table of the goals.
pub(crate) fn aims(reached: &[Reach]) -> String {
    let mut table = table(&["", "at most", "found", "", ""]);
    for row in reached {
        table.add_row([
            row.what.clone(),
            row.at_most.to_string(),
            short(row.found),
            row.unit.to_owned(),
            if row.met { "met" } else { "NOT MET" }.to_owned(),
        ]);
    }
    finish(table)
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_header(header.iter().copied());
    table
}

fn finish(mut table: Table) -> String {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn quartiles(spread: Spread) -> String {
    format!(
        "{}-{}",
        number(spread.lower_quartile),
        number(spread.upper_quartile)
    )
}

/// Rounds to at most two decimal places, fewer for larger values.
fn number(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn short(value: f64) -> String {
    if value < 1.0 && value > 0.0 {
        format!("{value:.3}")
    } else {
        number(value)
    }
}

fn thousands(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (524_975, "524,975"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(value), expected);
        }
        assert_eq!(
            [1.2345, 12.345, 1234.5].map(number),
            ["1.23", "12.3", "1234"]
        );
        assert_eq!([0.0, 0.0123, 2.0].map(short), ["0.00", "0.012", "2.00"]);
    }

    #[test]
    fn compilers_are_compared_with_that_of_tests_and_an_empty_table_is_left_out() {
        use crate::guests::compiling::SHIPPED;
        let compiled = [(SHIPPED, 5.0), (OF_TESTS, 20.0)].map(|(compiler, seconds)| Compiled {
            compiler,
            rounds: 1,
            wall: Spread::of(vec![seconds]).unwrap(),
            processor: Spread::of(vec![2.0 * seconds]).unwrap(),
        });
        let text = compilers(&compiled);
        let row = text.lines().find(|line| line.contains(SHIPPED)).unwrap();
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[2..7], ["5.00", "5.00-5.00", "0.250", "10.0", "1"]);
        assert_eq!((compilers(&[]), ways(&[])), (String::new(), String::new()));
    }
}
