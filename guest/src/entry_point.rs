//! Whether a module has a `run` that the job can call, judged by its text alone.
//! In doubt it has: a warning that is wrong costs more than one that is missing.

use alloc::vec::Vec;

use crate::python::{Line, Token, Unclosed, lines};
use Token::{Sign, Word};

/// The function that the job calls.
const RUN: Token<'static> = Word("run");

/// Names that can put another name into a module without it standing there as one.
const INDIRECT: [&str; 7] = [
    "__dict__", "exec", "globals", "locals", "modules", "setattr", "vars",
];

/// Words that a statement with a block begins with, a class and a function apart: those have names of their own.
const BLOCKS: [&str; 12] = [
    "async", "case", "elif", "else", "except", "finally", "for", "if", "match", "try", "while",
    "with",
];

/// Whether `source` defines, imports or assigns `run` at its top level, perhaps under a condition.
///
/// `false` is sure, as far as Python's text can be. What can't be told is `true`: `from x import *`, names that
/// are set by other means, and source that Python would not accept.
pub(crate) fn may_define_run(source: &str) -> bool {
    // What is never closed is no Python, and the fault may well lie here.
    search(source).unwrap_or(true)
}

fn search(source: &str) -> Result<bool, Unclosed> {
    // The indents of the classes and functions around a line. What they hold is not the module's.
    let mut scopes: Vec<usize> = Vec::new();
    for line in lines(source) {
        let Line { indent, tokens } = line?;
        while scopes.last().is_some_and(|scope| *scope >= indent) {
            scopes.pop();
        }
        if sets_names_indirectly(&tokens) {
            return Ok(true);
        }
        let named = name_of_scope(&tokens);
        let binds = named.map_or_else(
            || binds_run(&tokens),
            |name| name == RUN || name == Word("__getattr__"),
        );
        if binds && scopes.is_empty() {
            return Ok(true);
        }
        if named.is_some() {
            scopes.push(indent);
        }
    }
    Ok(false)
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

/// Whether the head of a block does: `for run in`, `with x as run`, `case run`, `if (run := x)`.
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

/// Whether one of the simple statements of a line does.
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

/// Whether an import does, under its own name or another, or as one of all the names.
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

/// Whether `run` itself is among what stands left of a `=`: not `x.run`, `run.x`, `run[x]` or `run()`.
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

/// Where `sign` stands for the first time outside of brackets.
fn position_outside(tokens: &[Token<'_>], sign: &str) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token {
            Sign("(" | "[" | "{") => depth += 1,
            Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Sign(sign)
    })
}

#[cfg(test)]
mod tests;
