//! Draws the results.

mod packages;

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, anyhow};
use package::say;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use crate::case::Facts;
use crate::groups::{BRANCH, BUILD, COMMIT, DETECT, FAR, SCALE};
use crate::guests::{GUESTS, made};
use crate::peers::{CLONE, DEPTH, OURS, SPARSE};
use crate::repositories::{BESIDE_STEPS, Shape, WANTED_STEPS};
use crate::rounds::Found;
use crate::spread::Spread;

const WIDTH: u32 = 900;
const BAR: u32 = 20;
const MARGIN: u32 = 16;
const LABELS: u32 = 260;

/// Each peer has the same color in all plots.
const COLORS: [(&str, RGBColor); 4] = [
    (OURS, RGBColor(0, 114, 178)),
    (CLONE, RGBColor(213, 94, 0)),
    (DEPTH, RGBColor(230, 159, 0)),
    (SPARSE, RGBColor(0, 158, 115)),
];

/// Every guest has the color of this buildpack, because all of them run in its sandbox.
fn color(peer: &str) -> RGBColor {
    let is_guest = made::ALL.iter().any(|guest| guest.name == peer);
    let peer = if is_guest { OURS } else { peer };
    let mut all = COLORS.iter().chain(&packages::CLIENTS);
    let known = all.find(|(name, _)| *name == peer);
    known.map_or(RGBColor(150, 150, 150), |(_, color)| *color)
}

/// Draws all results into a folder, and prints the names of the files.
pub(crate) fn draw_all(found: &[Found], folder: &Path) -> Result<()> {
    for name in draw(found, folder)? {
        say::line(&format!("drawn: {}", folder.join(name).display()));
    }
    Ok(())
}

fn draw(found: &[Found], folder: &Path) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let mut drawn = Vec::new();
    for (group, name, title) in [
        (DETECT, "detect.svg", "detect, whole process, ms"),
        (
            GUESTS,
            "guests.svg",
            "detect in each language, whole process, ms",
        ),
    ] {
        let detect: Vec<_> = found
            .iter()
            .filter(|found| found.facts.group == group)
            .map(|found| Bar::of(found, ""))
            .collect();
        if !detect.is_empty() {
            bars(&folder.join(name), title, &detect, false)?;
            drawn.push(name.to_owned());
        }
    }
    let builds = builds(found);
    if !builds.is_empty() {
        bars(
            &folder.join("build.svg"),
            "cold build, ms (logarithmic)",
            &builds,
            true,
        )?;
        drawn.push("build.svg".to_owned());
    }
    drawn.extend(packages::draw(found, folder)?);
    for (name, title, steps) in [
        (
            "wanted.svg",
            "cold build, ms, by the number of wanted files",
            &WANTED_STEPS,
        ),
        (
            "beside.svg",
            "cold build, ms, by the MB beside the wanted files",
            &BESIDE_STEPS,
        ),
    ] {
        let series: Vec<_> = COLORS
            .iter()
            .filter_map(|(peer, _)| series(found, peer, steps))
            .collect();
        if !series.is_empty() {
            lines(&folder.join(name), title, &series)?;
            drawn.push(name.to_owned());
        }
    }
    Ok(drawn)
}

struct Bar {
    label: String,
    peer: &'static str,
    /// The values, of which the median is the bar's length.
    wall: Spread,
}

impl Bar {
    fn of(found: &Found, what: &str) -> Self {
        let peer = found.facts.peer;
        let label = if what.is_empty() {
            peer.to_owned()
        } else {
            format!("{what}: {peer}")
        };
        Self {
            label,
            peer,
            wall: found.wall,
        }
    }
}

fn builds(found: &[Found]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (what, repository, revision, delay) in [
        ("small", "small", BRANCH, 0),
        ("small, commit", "small", COMMIT, 0),
        ("small, 40 ms", "small", BRANCH, FAR),
        ("history", "history", BRANCH, 0),
        ("large", "large", BRANCH, 0),
        ("wide", "wide", BRANCH, 0),
        ("deep", "deep", BRANCH, 0),
        ("heavy", "heavy", BRANCH, 0),
    ] {
        for (peer, _) in COLORS {
            let facts = Facts::new(BUILD, peer)
                .of(repository)
                .at(revision)
                .after(delay);
            bars.extend(
                found
                    .iter()
                    .find(|found| found.facts == facts)
                    .map(|found| Bar::of(found, what)),
            );
        }
    }
    bars
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn canvas(path: &Path, height: u32) -> Result<Area<'_>> {
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE).map_err(broken)?;
    Ok(area)
}

fn bars(path: &Path, title: &str, bars: &[Bar], logarithmic: bool) -> Result<()> {
    let height = BAR * u32::try_from(bars.len())? + 80;
    let area = canvas(path, height)?;
    let most = bars
        .iter()
        .map(|bar| bar.wall.upper_quartile)
        .fold(0.0, f64::max)
        * 1.15;
    let least = bars
        .iter()
        .map(|bar| bar.wall.least)
        .fold(f64::MAX, f64::min);
    let from = if logarithmic { least / 2.0 } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let rows = 0.0..bars.len() as f64;
    let mut builder = ChartBuilder::on(&area);
    builder
        .caption(title, ("sans-serif", 18))
        .margin(MARGIN)
        .margin_left(LABELS)
        .x_label_area_size(24);
    if logarithmic {
        let axis = (from..most).log_scale();
        draw_bars(&area, &mut builder, axis, rows, bars, from)?;
    } else {
        draw_bars(&area, &mut builder, from..most, rows, bars, from)?;
    }
    area.present().map_err(broken)
}

fn draw_bars<'a, X>(
    area: &Area<'a>,
    builder: &mut ChartBuilder<'_, '_, SVGBackend<'a>>,
    axis: X,
    rows: Range<f64>,
    bars: &[Bar],
    from: f64,
) -> Result<()>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = builder.build_cartesian_2d(axis, rows).map_err(broken)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .draw()
        .map_err(broken)?;
    let rectangles = bars.iter().rev().enumerate();
    chart
        .draw_series(rectangles.map(|(row, bar)| rectangle(row, bar, from)))
        .map_err(broken)?;
    let place = |row| chart.backend_coord(&(from, middle(row)));
    labels(area, bars, place)?;
    let place = |row, value| chart.backend_coord(&(value, middle(row)));
    whiskers(area, bars, place)
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen")]
fn middle(row: usize) -> f64 {
    row as f64 + 0.5
}

fn rectangle(row: usize, bar: &Bar, from: f64) -> Rectangle<(f64, f64)> {
    let corners = [
        (from, middle(row) - 0.38),
        (bar.wall.median, middle(row) + 0.38),
    ];
    Rectangle::new(corners, color(bar.peer).filled())
}

fn labels(area: &Area<'_>, bars: &[Bar], place: impl Fn(usize) -> (i32, i32)) -> Result<()> {
    use plotters::style::text_anchor::{HPos, Pos, VPos};
    let style = TextStyle::from(("sans-serif", 12)).pos(Pos::new(HPos::Right, VPos::Center));
    for (row, bar) in bars.iter().rev().enumerate() {
        let (x, y) = place(row);
        area.draw(&Text::new(bar.label.clone(), (x - 6, y), style.clone()))
            .map_err(broken)?;
    }
    Ok(())
}

/// Draws the span of the middle half of all runs, and the median as a number.
fn whiskers(area: &Area<'_>, bars: &[Bar], place: impl Fn(usize, f64) -> (i32, i32)) -> Result<()> {
    use plotters::style::text_anchor::{HPos, Pos, VPos};
    let style = TextStyle::from(("sans-serif", 11)).pos(Pos::new(HPos::Left, VPos::Center));
    for (row, bar) in bars.iter().rev().enumerate() {
        let (from, to) = (
            place(row, bar.wall.lower_quartile),
            place(row, bar.wall.upper_quartile),
        );
        area.draw(&PathElement::new(vec![from, to], BLACK.stroke_width(1)))
            .map_err(broken)?;
        let text = if bar.wall.median < 10.0 {
            format!("{:.2}", bar.wall.median)
        } else {
            format!("{:.0}", bar.wall.median)
        };
        area.draw(&Text::new(text, (to.0 + 5, to.1), style.clone()))
            .map_err(broken)?;
    }
    Ok(())
}

struct Series {
    peer: &'static str,
    points: Vec<(f64, f64)>,
}

fn series(found: &[Found], peer: &'static str, steps: &[(usize, Shape)]) -> Option<Series> {
    let point = |(x, shape): &(usize, Shape)| {
        let facts = Facts::new(SCALE, peer).of(shape.name).at(BRANCH);
        let found = found.iter().find(|found| found.facts == facts)?;
        #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
        // A logarithmic axis has no zero.
        let x = (*x).max(1) as f64;
        Some((x, found.wall.median))
    };
    let points: Vec<_> = steps.iter().filter_map(point).collect();
    (points.len() > 1).then_some(Series { peer, points })
}

fn lines(path: &Path, title: &str, series: &[Series]) -> Result<()> {
    let area = canvas(path, 420)?;
    let all = || series.iter().flat_map(|series| &series.points);
    let (first, last) = (
        all().map(|point| point.0).fold(f64::MAX, f64::min),
        all().map(|point| point.0).fold(0.0, f64::max),
    );
    let (bottom, top) = (
        all().map(|point| point.1).fold(f64::MAX, f64::min),
        all().map(|point| point.1).fold(0.0, f64::max),
    );
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(MARGIN)
        .margin_right(LABELS)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(
            (first..last * 1.1).log_scale(),
            (bottom / 1.5..top * 1.5).log_scale(),
        )
        .map_err(broken)?;
    chart.configure_mesh().draw().map_err(broken)?;
    for one in series {
        let color = color(one.peer);
        chart
            .draw_series(LineSeries::new(
                one.points.iter().copied(),
                color.stroke_width(2),
            ))
            .map_err(broken)?;
        chart
            .draw_series(
                one.points
                    .iter()
                    .map(|point| Circle::new(*point, 3, color.filled())),
            )
            .map_err(broken)?;
        if let Some(end) = one.points.last() {
            let (x, y) = chart.backend_coord(end);
            let style = TextStyle::from(("sans-serif", 12)).color(&color);
            area.draw(&Text::new(one.peer, (x + 8, y - 6), style))
                .map_err(broken)?;
        }
    }
    area.present().map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("can't draw: {error}")
}
