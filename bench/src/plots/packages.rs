//! The plots of packages.
//!
//! The module above decides on the form of a bar.

use std::path::Path;

use anyhow::Result;
use plotters::style::RGBColor;

use super::{Bar, bars};
use crate::groups::AGAIN;
use crate::packages::clients::{BSDTAR, CURL, PIP, UV, UV_COPY};
use crate::packages::{self, PACKAGES};
use crate::rounds::Found;
use crate::spread::Spread;

/// The colors of the programs that install or unpack packages.
pub(super) const CLIENTS: [(&str, RGBColor); 6] = [
    (AGAIN, RGBColor(86, 180, 233)),
    (PIP, RGBColor(213, 94, 0)),
    (UV, RGBColor(204, 121, 167)),
    (UV_COPY, RGBColor(230, 159, 0)),
    (BSDTAR, RGBColor(0, 158, 115)),
    (CURL, RGBColor(0, 158, 115)),
];

/// Draws the times and the memory of packages.
pub(super) fn draw(found: &[Found], folder: &Path) -> Result<Vec<String>> {
    let of = |name: &'static str| {
        let those = found.iter();
        those.filter(move |found| found.facts.group == PACKAGES && found.facts.repository == name)
    };
    let wheels = || of(packages::WHEELS).chain(of(packages::CHANGED));
    let label = |found: &Found| match found.facts.delay {
        0 if found.facts.repository == packages::CHANGED => "one changed".to_owned(),
        0 => String::new(),
        delay => format!("{delay} ms"),
    };
    let times = wheels().map(|found| Bar::of(found, &label(found)));
    let near = wheels().filter(|found| found.facts.delay == 0);
    let processor = near.map(|found| Bar {
        wall: found.processor,
        ..Bar::of(found, &label(found))
    });
    let memory = [packages::WHEELS, packages::LARGE]
        .into_iter()
        .flat_map(|name| {
            let near = of(name).filter(|found| found.facts.delay == 0);
            near.filter_map(move |found| Bar::of(found, name).of_memory(found))
        });
    let plots: [(&str, &str, Vec<Bar>); 3] = [
        (
            "packages.svg",
            "packages, whole command, ms",
            times.collect(),
        ),
        (
            "packages-processor.svg",
            "packages, processor time, ms",
            processor.collect(),
        ),
        (
            "packages-memory.svg",
            "packages, peak memory at once, MB",
            memory.collect(),
        ),
    ];
    let mut drawn = Vec::new();
    for (name, title, all) in plots {
        if !all.is_empty() {
            bars(&folder.join(name), title, &all, false)?;
            drawn.push(name.to_owned());
        }
    }
    Ok(drawn)
}

impl Bar {
    /// The same bar, as long as the memory of all processes at one time.
    fn of_memory(self, found: &Found) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "bytes of a machine's memory")]
        let megabytes = found.memory.at_once as f64 / 1e6;
        let wall = Spread::of(vec![megabytes])?;
        Some(Self { wall, ..self })
    }
}
