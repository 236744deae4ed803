//! Checks from a module's text alone whether it has a `run` that the job can call.
//!
//! If in doubt, assumes that it has one: a false warning costs more than a missing one.

use alloc::vec::Vec;

use crate::python::{Line, Stop, Token, lines, position_outside};
use Token::{Sign, Word};

/// The function that the job calls.
const RUN: Token<'static> = Word("run");

/// Names that can bind another name in a module without naming it in the source.
const INDIRECT: [&str; 7] = [
    "__dict__", "exec", "globals", "locals", "modules", "setattr", "vars",
];

/// Keywords that begin a block, except class and function, whose blocks have a name.
const BLOCKS: [&str; 12] = [
    "async", "case", "elif", "else", "except", "finally", "for", "if", "match", "try", "while",
    "with",
];

/// The object that a module binds to the name `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// Nothing: no definition, import or assignment at its top level, under no condition.
    Missing,
    /// A coroutine: `async def` without a decorator, and nothing else that binds the name.
    Coroutine,
    /// An unknown object, or an undecided case: `from x import *`, names that are set indirectly, and source that was
    /// not understood.
    Possible,
}

/// Judges `source`. Every result but [`Run::Possible`] is certain, as far as the text of a Python module allows.
pub(crate) fn judge(source: &str) -> Run {
    search(source).unwrap_or(Run::Possible)
}

fn search(source: &str) -> Result<Run, Stop> {
    // The indents of the classes and functions around a line. Their content is not in the module's scope.
    let mut scopes: Vec<usize> = Vec::new();
    let mut found = Run::Missing;
    let mut is_decorated = false;
    for line in lines(source) {
        let Line { indent, tokens, .. } = line?;
        while scopes.last().is_some_and(|scope| *scope >= indent) {
            scopes.pop();
        }
        if sets_names_indirectly(&tokens) {
            return Ok(Run::Possible);
        }
        let named = name_of_scope(&tokens);
        // `__getattr__` provides every name that the module lacks, however it is bound.
        let binds = tokens.contains(&Word("__getattr__"))
            || named.map_or_else(|| binds_run(&tokens), |name| name == RUN);
        if binds && scopes.is_empty() {
            if is_decorated || named != Some(RUN) || tokens.first() != Some(&Word("async")) {
                return Ok(Run::Possible);
            }
            found = Run::Coroutine;
        }
        if named.is_some() {
            scopes.push(indent);
        }
        is_decorated = tokens.first() == Some(&Sign("@"));
    }
    Ok(found)
}

fn sets_names_indirectly(tokens: &[Token<'_>]) -> bool {
    let global = tokens.contains(&Word("global")) && tokens.contains(&RUN);
    global
        || tokens
            .iter()
            .any(|token| matches!(token, Word(word) if INDIRECT.contains(word)))
}

/// The name of the class or function that a line begins.
fn name_of_scope<'a>(tokens: &[Token<'a>]) -> Option<Token<'a>> {
    match tokens {
        [Word("def" | "class"), name, ..] | [Word("async"), Word("def"), name, ..] => Some(*name),
        _ => None,
    }
}

/// Whether a line that begins neither class nor function binds `run`.
fn binds_run(tokens: &[Token<'_>]) -> bool {
    let block = matches!(tokens.first(), Some(Word(word)) if BLOCKS.contains(word));
    let (head, body) = match position_outside(tokens, ":") {
        Some(colon) if block => (&tokens[..colon], &tokens[colon + 1..]),
        _ => (&[] as &[_], tokens),
    };
    head_binds(head) || statements_bind(body)
}

/// Whether the head of a block binds `run`: `for run in`, `with x as run`, `case run`, `if (run := x)`.
fn head_binds(head: &[Token<'_>]) -> bool {
    let target = match head {
        [Word("case"), ..] => head,
        [Word("for"), ..] | [Word("async"), Word("for"), ..] => {
            let end = head.iter().position(|token| *token == Word("in"));
            &head[..end.unwrap_or(head.len())]
        }
        _ => {
            let start = head.iter().position(|token| *token == Word("as"));
            &head[start.unwrap_or(head.len())..]
        }
    };
    target.contains(&RUN) || has_walrus(head)
}

/// Whether one of a line's simple statements binds `run`.
fn statements_bind(mut tokens: &[Token<'_>]) -> bool {
    while let Some(end) = position_outside(tokens, ";") {
        if statement_binds(&tokens[..end]) {
            return true;
        }
        tokens = &tokens[end + 1..];
    }
    statement_binds(tokens)
}

fn statement_binds(tokens: &[Token<'_>]) -> bool {
    match tokens {
        [Word("import" | "from"), ..] => import_binds(tokens),
        [RUN, Sign(":"), ..] => true,
        _ => has_walrus(tokens) || assignment_binds(tokens),
    }
}

/// Whether an import binds `run`: by its own name, by another, or with a `*`.
fn import_binds(tokens: &[Token<'_>]) -> bool {
    let start = tokens.iter().position(|token| *token == Word("import"));
    let names = &tokens[start.unwrap_or(tokens.len())..];
    names.contains(&Sign("*"))
        || names
            .get(1..)
            .unwrap_or_default()
            .split(|token| *token == Sign(","))
            .any(|name| {
                let mut words = name.iter().filter(|token| matches!(token, Word(_)));
                let first = words.next();
                let bound = words.skip_while(|word| **word != Word("as")).nth(1);
                bound.or(first) == Some(&RUN)
            })
}

/// Whether `run` itself is assigned to on the left of a `=`: not `x.run`, `run.x`, `run[x]` or `run()`.
fn assignment_binds(tokens: &[Token<'_>]) -> bool {
    let mut targets: &[Token<'_>] = &[];
    let mut rest = tokens;
    while let Some(equals) = position_outside(rest, "=") {
        let end = tokens.len() - rest.len() + equals;
        (targets, rest) = (&tokens[..end], &tokens[end + 1..]);
    }
    targets.iter().enumerate().any(|(index, token)| {
        let before = index.checked_sub(1).and_then(|index| targets.get(index));
        let after = targets.get(index + 1);
        *token == RUN && before != Some(&Sign(".")) && !matches!(after, Some(Sign("." | "(" | "[")))
    })
}

fn has_walrus(tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).any(|pair| pair == [RUN, Sign(":=")])
}

#[cfg(test)]
mod tests;
