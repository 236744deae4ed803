//! Searches all of its memory for a text that the variable `NEEDLE_REVERSED` contains backwards, so that the variable
//! itself is not found. Logs `needle: found` or `needle: not found`, then the same for a text that it assembles itself:
//! `control: found` shows that the search works.
//! The needle, a secret, must not be found, in either phase. A needle must not be a palindrome.

use std::hint::black_box;

use guests::types::{Failure, Variable};
use guests::{BuildContext, Built, DetectContext, Detected, innocent, say, variable};

guests::guest!(detect, build);

/// The component contains this text only backwards.
const CONTROL_REVERSED: &str = "esoprup no ereh tup saw siht";

fn detect(context: &DetectContext) -> Detected {
    search(&context.variables)?;
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    search(&context.variables)?;
    Ok(innocent::output())
}

fn search(variables: &[Variable]) -> Result<(), Failure> {
    let needle = variable(variables, "NEEDLE_REVERSED")?;
    let control: Vec<u8> = CONTROL_REVERSED.bytes().rev().collect();
    let control = black_box(control);
    let words = |found| if found { "found" } else { "not found" };
    say(&format!(
        "needle: {}",
        words(holds_backwards(needle.as_bytes()))
    ));
    let found = holds_backwards(CONTROL_REVERSED.as_bytes());
    say(&format!("control: {}", words(found)));
    drop(control);
    Ok(())
}

/// Whether the memory contains these bytes in reverse order. The function makes no copy in that order.
fn holds_backwards(reversed: &[u8]) -> bool {
    let end = memory_size();
    let Some(last) = reversed.len().checked_sub(1) else {
        return false;
    };
    (1..end.saturating_sub(last)).any(|start| {
        reversed
            .iter()
            .rev()
            .zip(start..)
            .all(|(expected, address)| read(address) == *expected)
    })
}

/// Reads one byte of this component's memory, at any address.
#[expect(
    unsafe_code,
    reason = "a search of all memory has to look past every object"
)]
fn read(address: usize) -> u8 {
    // SAFETY: WebAssembly's memory can be read from 0 to its size, and the caller stays below its size. The read is
    // volatile, so that the compiler concludes nothing from it. Address 0 is left out, since Rust treats it as null.
    unsafe { std::ptr::read_volatile(std::ptr::with_exposed_provenance::<u8>(address)) }
}

#[cfg(target_arch = "wasm32")]
fn memory_size() -> usize {
    core::arch::wasm32::memory_size(0) * 64 * 1024
}

/// Other targets have no such memory: this function exists for tools that check the source natively.
#[cfg(not(target_arch = "wasm32"))]
fn memory_size() -> usize {
    0
}
