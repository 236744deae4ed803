//! Checks the program that the job imports: `src/program.py`, or the package in its place.
//!
//! The meaning of Python source does not belong here.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::application::unchecked;
use crate::application::{Application, Entry};
use crate::entry_point::{self, Run};
use crate::syntax;

/// Python prefers a package to a module of the same name, so the package is checked first.
const PACKAGE: &str = "src/program/__init__.py";
const MODULE: &str = "src/program.py";

/// The reason why the job will certainly fail to run this program, if there is one.
pub(crate) fn warning(application: &Application) -> Option<String> {
    let name = match application.entry(PACKAGE) {
        Entry::File => PACKAGE,
        _ => match application.entry(MODULE) {
            Entry::File => MODULE,
            Entry::Hidden(why) => return Some(unchecked(MODULE, &why)),
            Entry::Absent | Entry::Directory | Entry::Special => {
                return Some(
                    "src/program.py is missing. The job imports src.program when it starts and will fail there: \
                     add the file, with a function 'run' at its top level."
                        .to_owned(),
                );
            }
        },
    };
    match application.text(name) {
        Ok(source) => flaw(name, &source),
        Err(why) => Some(unchecked(name, &why)),
    }
}

fn flaw(name: &str, source: &str) -> Option<String> {
    if let Some(flaw) = syntax::flaw(source) {
        let line = syntax::line_number(source, flaw.at);
        return Some(format!(
            "{name} is not valid Python, line {line}: {}. The job imports src.program when it starts and will fail there: \
             correct it.",
            flaw.what
        ));
    }
    match entry_point::judge(source) {
        Run::Possible => None,
        Run::Missing => Some(format!(
            "{name} has no 'run' at its top level. The job calls src.program:run when it starts and will fail \
             there: define it outside of every class and function, with the template's parameters."
        )),
        Run::Coroutine => Some(format!(
            "{name} defines 'run' with 'async def'. The job calls it and waits for no coroutine, so none of it runs: \
             define it with 'def', and call asyncio.run in it."
        )),
    }
}
