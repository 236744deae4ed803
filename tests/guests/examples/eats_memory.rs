//! Takes memory, a mebibyte at a time, and writes to all of it.
//! `asks`: stops when more is refused, logs `got <n> MiB` and builds innocently: the host must stay within its limit,
//! and accept the build. `insists`: aborts when more is refused: the host must end the build with a fault.
//! `at-once`: requests three gibibytes, logs `denied` or `ALLOWED`, and builds innocently.
//!
//! Cases: asks, at-once, insists.

use std::hint::black_box;

use guests::attempt::tried;
use guests::{BuildContext, Built, case, innocent, say, unknown_case};

guests::guest!(build);

const MEBIBYTE: usize = 1024 * 1024;

fn build(context: &BuildContext) -> Built {
    let mut held: Vec<Vec<u8>> = Vec::new();
    match case(&context.variables)? {
        "asks" => {
            held.reserve(4096);
            loop {
                let mut more = Vec::new();
                if more.try_reserve_exact(MEBIBYTE).is_err() {
                    break;
                }
                more.resize(MEBIBYTE, 1_u8);
                held.push(black_box(more));
            }
            let got = held.len();
            drop(held);
            say(&format!("got {got} MiB"));
        }
        "at-once" => {
            let mut large: Vec<u8> = Vec::new();
            tried("3 GiB", large.try_reserve_exact(3072 * MEBIBYTE - 1));
            drop(black_box(large));
        }
        "insists" => loop {
            held.push(black_box(vec![1_u8; MEBIBYTE]));
        },
        other => return unknown_case(other),
    }
    Ok(innocent::output())
}
