//! Checks links of documents to files in the checkout, and to headings in these files.

use std::collections::BTreeSet;
use std::path::Path;

use super::read;

/// A text for each broken link of a document.
pub(super) fn broken(root: &Path, document: &Path) -> anyhow::Result<Vec<String>> {
    let text = read(document)?;
    let folder = document.parent().unwrap_or(root);
    let mut found = Vec::new();
    for link in links(&text).filter(|link| !link.contains("://")) {
        let (path, heading) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() {
            document.to_owned()
        } else {
            folder.join(path)
        };
        let leads =
            target.exists() && (heading.is_empty() || headings(&read(&target)?).contains(heading));
        if !leads {
            let document = document.strip_prefix(root)?.display();
            found.push(format!(
                "{document} links to '{link}', which does not exist"
            ));
        }
    }
    Ok(found)
}

/// The targets of links, outside of fenced blocks.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    let links = prose.flat_map(|prose| prose.split("](").skip(1));
    links.filter_map(|link| Some(link.split_once(')')?.0))
}

/// The anchors of a document's headings: lower case, `-` for blanks, no punctuation.
fn headings(text: &str) -> BTreeSet<String> {
    let prose = text.split("```").step_by(2).flat_map(str::lines);
    let titles = prose.filter_map(|line| line.strip_prefix('#'));
    titles
        .map(|title| {
            let title = title.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_link_to_nothing_is_found_and_a_sound_one_is_not() {
        let root = tempfile::tempdir().unwrap();
        let (readme, other) = (root.path().join("README.md"), root.path().join("docs/a.md"));
        fs::create_dir(root.path().join("docs")).unwrap();
        fs::write(&other, "# A\n## When it fails, and why\n").unwrap();
        let sound =
            "[a](docs/a.md#when-it-fails-and-why) [b](#here) [c](https://d.example/e)\n# Here\n";
        fs::write(&readme, sound).unwrap();
        assert!(broken(root.path(), &readme).unwrap().is_empty());
        for (link, named) in [
            ("docs/b.md", "docs/b.md"),
            ("docs/a.md#when", "docs/a.md#when"),
            ("#there", "#there"),
        ] {
            fs::write(&readme, format!("{sound}[x]({link})\n")).unwrap();
            let found = broken(root.path(), &readme).unwrap();
            assert_eq!(
                found,
                [format!(
                    "README.md links to '{named}', which does not exist"
                )]
            );
        }
    }

    #[test]
    fn what_stands_in_a_fenced_block_is_not_a_link() {
        assert_eq!(
            links("[a](b)\n```text\n[c](d)\n```\n[e](f)").collect::<Vec<_>>(),
            ["b", "f"]
        );
    }
}
