//! The lines in which two texts differ, with a few equal ones around them.

/// The equal lines around a difference that are shown.
const AROUND: usize = 3;

/// The limit on the pairs of lines that are compared. Beyond it, all lines of a difference are shown as changed: the
/// table of the comparison would take gigabytes.
const MOST_PAIRS: usize = 4_000_000;

/// The kind of difference of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Expected,
    Made,
}

/// The lines of `expected` that `made` lacks, marked by `-`, and the new ones of `made`, marked by `+`.
pub(super) fn between(expected: &str, made: &str) -> String {
    let lines = lines(expected, made);
    let near = |n: usize| {
        let around = &lines[n.saturating_sub(AROUND)..lines.len().min(n + AROUND + 1)];
        around.iter().any(|(side, _)| *side != Side::Both)
    };
    let mut text = String::new();
    let mut left_out = false;
    for (n, (side, line)) in lines.iter().enumerate() {
        if !near(n) {
            left_out = true;
            continue;
        }
        if left_out {
            text.push_str("  …\n");
        }
        left_out = false;
        text.push_str(match side {
            Side::Both => "  ",
            Side::Expected => "- ",
            Side::Made => "+ ",
        });
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// All lines of both texts, by a longest common subsequence of the part between their equal beginning and end.
fn lines<'a>(expected: &'a str, made: &'a str) -> Vec<(Side, &'a str)> {
    let old: Vec<_> = expected.lines().collect();
    let new: Vec<_> = made.lines().collect();
    let pairs = old.iter().zip(&new);
    let start = pairs.take_while(|(old, new)| old == new).count();
    let pairs = old[start..].iter().rev().zip(new[start..].iter().rev());
    let end = pairs.take_while(|(old, new)| old == new).count();
    let (old_middle, new_middle) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let mut lines: Vec<_> = old[..start]
        .iter()
        .map(|line| (Side::Both, *line))
        .collect();
    lines.extend(middle(old_middle, new_middle));
    lines.extend(
        old[old.len() - end..]
            .iter()
            .map(|line| (Side::Both, *line)),
    );
    lines
}

fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Side, &'a str)> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        let old = old.iter().map(|line| (Side::Expected, *line));
        return old
            .chain(new.iter().map(|line| (Side::Made, *line)))
            .collect();
    }
    // `longest[i][j]` is the length of the longest common subsequence of `old[i..]` and `new[j..]`.
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if old[i] == new[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            lines.push((Side::Both, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            lines.push((Side::Expected, old[i]));
            i += 1;
        } else {
            lines.push((Side::Made, new[j]));
            j += 1;
        }
    }
    lines.extend(old[i..].iter().map(|line| (Side::Expected, *line)));
    lines.extend(new[j..].iter().map(|line| (Side::Made, *line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_shown_with_the_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        assert_eq!(
            between(old, new),
            "  …\n  2\n  3\n  4\n- 5\n+ five\n  6\n  7\n  8\n"
        );
    }

    #[test]
    fn two_changes_far_apart_have_a_gap_between_them() {
        let old = "a\n1\n2\n3\n4\n5\n6\n7\nb\n";
        let new = "A\n1\n2\n3\n4\n5\n6\n7\nb\nc\n";
        assert_eq!(
            between(old, new),
            "- a\n+ A\n  1\n  2\n  3\n  …\n  6\n  7\n  b\n+ c\n"
        );
    }

    #[test]
    fn two_very_long_texts_are_not_compared_line_by_line() {
        let text = |from: usize| {
            let lines: Vec<_> = (from..from + 3000).map(|n| n.to_string()).collect();
            lines.join("\n")
        };
        let (old, new) = (text(0), text(3000));
        let shown = between(&old, &new);
        assert_eq!(
            shown.lines().filter(|line| line.starts_with('-')).count(),
            3000
        );
        assert_eq!(
            shown.lines().filter(|line| line.starts_with('+')).count(),
            3000
        );
    }

    #[test]
    fn without_anything_expected_all_lines_are_new() {
        assert_eq!(between("", "x\ny\n"), "+ x\n+ y\n");
    }
}
