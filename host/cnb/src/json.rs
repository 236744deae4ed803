//! JSON in memory.
//!
//! Nothing here writes a file.

use std::io;

use serde::Serialize;

/// A piece up to this length is copied byte by byte. The copy function of the shipped host's C library takes longer to
/// begin than such a piece takes: writing bills of materials of 122 KB took 1.6 ms with it, and 0.3 ms without.
const SHORT: usize = 64;

/// Returns the JSON text of a value whose keys are all strings. For any other value the text is cut.
pub(crate) fn bytes(value: &impl Serialize) -> Vec<u8> {
    let mut text = Text(Vec::new());
    // Neither memory nor string keys can fail.
    serde_json::to_writer(&mut text, value).ok();
    text.0
}

struct Text(Vec<u8>);

impl io::Write for Text {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() < SHORT {
            for byte in piece {
                self.0.push(*byte);
            }
        } else {
            self.0.extend_from_slice(piece);
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_is_that_of_the_library_whatever_the_lengths_of_its_pieces() {
        let long = "x".repeat(SHORT * 3);
        let just = "y".repeat(SHORT);
        let value =
            json!({"": [], "a\n\u{1f600}": [long, just, 1.5, null, true], "b": {"c": "\\"}});
        assert_eq!(bytes(&value), value.to_string().into_bytes());
    }
}
