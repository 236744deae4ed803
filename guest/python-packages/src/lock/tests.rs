//! Damaged locks: any change to a real lock leads to an answer or a refusal, and never to a panic.

use proptest::prelude::*;

use crate::choice;
use crate::platform::tests::platform;

const UV: &str = include_str!("../../samples/starter/app/uv.lock");
const PDM: &str = include_str!("../../samples/pdm/app/pylock.toml");
const PIP: &str = include_str!("../../samples/pip/app/pylock.toml");

/// The text in place of a part.
const PIECES: [&str; 22] = [
    "",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    "\n",
    "[[package]]\n",
    "[[packages]]\n",
    "name = \"a\"\n",
    "marker = \"(((\"",
    "version = 1e9\n",
    "-",
    "https://",
    "u:p@",
    "é\u{202e}",
    "%ff",
    "sha256:",
    "1!0.post",
    "extra = [\"a\"]",
];

/// A place in a text as a share of its length, the length of what is left out there, and a piece in its place.
fn change() -> impl Strategy<Value = (f64, usize, &'static str)> {
    (
        0.0..1.0,
        0_usize..200,
        prop::sample::select(PIECES.to_vec()),
    )
}

fn changed(text: &str, changes: &[(f64, usize, &str)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (share, length, piece) in changes {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "any place will do"
        )]
        let start = (bytes.len() as f64 * share) as usize;
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read(file: &'static str, text: &str) {
    let platform = platform();
    match super::read(file, text, &platform, None, &super::Selection::default()) {
        Ok(lock) => {
            let chosen = choice::choose(&lock.packages, &platform.tags);
            if let Err(refused) = chosen {
                drop(choice::explained(file, &platform.shown(), &refused));
            }
        }
        Err(error) => drop(error.explained()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_damage_of_a_lock_causes_a_panic(changes in prop::collection::vec(change(), 1..4)) {
        read("uv.lock", &changed(UV, &changes));
        read("pylock.toml", &changed(PDM, &changes));
        read("pylock.toml", &changed(PIP, &changes));
    }
}
