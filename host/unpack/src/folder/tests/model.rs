use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const STEMS: [&str; 4] = ["alpha-1", "Beta.x-1", "gamma-1", "gamma_a-1"];
const PATHS: [&str; 8] = [
    "p/a",
    "p/b",
    "p/b/c",
    "tests/a",
    "tests/a/b",
    "docs/x",
    "top",
    "q/r/s",
];
const CONTENTS: [&str; 3] = ["one", "another", ""];

/// Files of a wheel, by the indices of their paths and contents.
type Files = BTreeMap<usize, usize>;

fn wheels() -> impl Strategy<Value = Vec<Files>> {
    let files = prop::collection::btree_map(0..PATHS.len(), 0..CONTENTS.len(), 0..4);
    prop::collection::vec(files, 1..=STEMS.len())
}

/// Returns what must be in the folder, or `None` if the wheels don't fit together. Decides it path by path, without an
/// order of arrival.
fn model(wheels: &[Files]) -> Option<BTreeMap<&'static str, &'static str>> {
    let mut tree = BTreeMap::new();
    // The stems are in the order of their normal forms.
    for files in wheels {
        for (path, content) in files {
            let (path, content) = (PATHS[*path], CONTENTS[*content]);
            let before = *tree.entry(path).or_insert(content);
            let is_needless =
                path == "top" || path.starts_with("tests/") || path.starts_with("docs/");
            if before != content && !is_needless {
                return None;
            }
        }
    }
    let paths: BTreeSet<&str> = tree.keys().copied().collect();
    let beneath = |path: &&str| {
        paths
            .iter()
            .any(|other| other.starts_with(&format!("{path}/")))
    };
    (!paths.iter().any(beneath)).then_some(tree)
}

/// Whether no file of a wheel is also one of its folders.
fn fits(files: &Files) -> bool {
    model(std::slice::from_ref(files)).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_folder_is_what_the_wheels_say_together_in_any_order(
        wheels in wheels().prop_filter("each by itself", |wheels| wheels.iter().all(fits)),
        order in Just((0..STEMS.len()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let archives: Vec<_> = wheels.iter().zip(STEMS).map(|(files, stem)| {
            let files: Vec<_> = files.iter().map(|(path, content)| (PATHS[*path], CONTENTS[*content].as_bytes())).collect();
            of_wheel(stem, &files)
        }).collect();
        let order: Vec<_> = order.into_iter().filter(|at| *at < archives.len()).collect();
        let unpacked = unpacked_in_order(&archives, &order, LIMITS);
        match (model(&wheels), unpacked) {
            (Some(model), Ok(tree)) => {
                let found: BTreeMap<_, _> = PATHS.iter().filter(|path| tree.paths().contains(path)).map(|path| (*path, tree.text(path))).collect();
                prop_assert_eq!(found, model);
            }
            (None, Err(UnpackError::Collision(_))) => {}
            (model, unpacked) => prop_assert!(false, "{:?} {:?}", model, unpacked),
        }
    }
}
