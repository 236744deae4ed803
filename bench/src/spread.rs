//! Summarizes many measurements of one thing in a few numbers.

use serde::Serialize;

/// The median, the quartiles and the least value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) lower_quartile: f64,
    pub(crate) upper_quartile: f64,
    pub(crate) least: f64,
}

impl Spread {
    /// Returns `None` if there are no values.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let least = *values.first()?;
        Some(Self {
            median: at(&values, 2),
            lower_quartile: at(&values, 1),
            upper_quartile: at(&values, 3),
            least,
        })
    }
}

/// A quartile, interpolated between two values if it falls between them.
fn at(sorted: &[f64], quarters: usize) -> f64 {
    let steps = (sorted.len() - 1) * quarters;
    let (below, rest) = (steps / 4, steps % 4);
    let next = sorted.get(below + 1).unwrap_or(&sorted[below]);
    #[expect(clippy::cast_precision_loss, reason = "0 to 3")]
    let share = rest as f64 / 4.0;
    sorted[below] + (next - sorted[below]) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_values_where_they_must() {
        assert_eq!(Spread::of(Vec::new()), None);
        for (values, expected) in [
            (&[7.0][..], (7.0, 7.0, 7.0, 7.0)),
            (&[3.0, 1.0], (2.0, 1.5, 2.5, 1.0)),
            (&[5.0, 1.0, 4.0, 2.0, 3.0], (3.0, 2.0, 4.0, 1.0)),
            (&[1.0, 2.0, 3.0, 4.0], (2.5, 1.75, 3.25, 1.0)),
        ] {
            let found = Spread::of(values.to_vec()).unwrap();
            let found = (
                found.median,
                found.lower_quartile,
                found.upper_quartile,
                found.least,
            );
            assert_eq!(found, expected, "{values:?}");
        }
    }
}
