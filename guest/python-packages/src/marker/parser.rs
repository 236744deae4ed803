//! Reads the tokens of a marker and evaluates it on the way. Every part is read, so a wrong marker is never true.

use pep440_rs::{Version, VersionSpecifier};

use super::tokens::Token;
use super::{DEEPEST, MarkerError, Markers};

/// The variables whose values are versions. `platform_release` is a version only on some systems, and is not known
/// here.
const VERSIONS: [&str; 3] = [
    "python_version",
    "python_full_version",
    "implementation_version",
];

/// The variables that are lists.
const LISTS: [&str; 2] = ["extras", "dependency_groups"];

/// The limit on a version or a range, in bytes.
const LONGEST_VERSION: usize = 128;

/// Evaluates a whole marker.
pub(super) fn evaluate(tokens: &[Token<'_>], markers: &Markers<'_>) -> Result<bool, MarkerError> {
    let mut parser = Parser {
        rest: tokens,
        markers,
        depth: 0,
    };
    let value = parser.any()?;
    match parser.rest.first() {
        None => Ok(value),
        found => Err(expected("the end, 'and' or 'or'", found)),
    }
}

struct Parser<'a, 't> {
    rest: &'a [Token<'t>],
    markers: &'a Markers<'a>,
    depth: usize,
}

/// A side of a comparison.
#[derive(Clone, Copy)]
enum Operand<'t> {
    Variable(&'t str),
    Text(&'t str),
}

impl<'t> Parser<'_, 't> {
    fn take(&mut self) -> Option<Token<'t>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn takes(&mut self, token: Token<'_>) -> bool {
        let is_next = self.rest.first() == Some(&token);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    /// Parts with `or` between them.
    fn any(&mut self) -> Result<bool, MarkerError> {
        let mut value = self.all()?;
        while self.takes(Token::Word("or")) {
            value |= self.all()?;
        }
        Ok(value)
    }

    /// Parts with `and` between them.
    fn all(&mut self) -> Result<bool, MarkerError> {
        let mut value = self.part()?;
        while self.takes(Token::Word("and")) {
            value &= self.part()?;
        }
        Ok(value)
    }

    /// A comparison, or a marker in brackets.
    fn part(&mut self) -> Result<bool, MarkerError> {
        if !self.takes(Token::Other("(")) {
            return self.comparison();
        }
        if self.depth == DEEPEST {
            return Err(MarkerError::Limit);
        }
        self.depth += 1;
        let value = self.any()?;
        self.depth -= 1;
        match self.take() {
            Some(Token::Other(")")) => Ok(value),
            found => Err(expected("')'", found.as_ref())),
        }
    }

    fn comparison(&mut self) -> Result<bool, MarkerError> {
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        match (left, right) {
            (Operand::Text(name), Operand::Variable(list)) if LISTS.contains(&list) => {
                match operator {
                    "in" => Ok(self.markers.list_has(list, name)),
                    "not in" => Ok(!self.markers.list_has(list, name)),
                    other => Err(MarkerError::Operator(other.to_owned())),
                }
            }
            (Operand::Variable("extra"), Operand::Text(text))
            | (Operand::Text(text), Operand::Variable("extra"))
                if self.markers.extra_is(text) && matches!(operator, "==" | "!=") =>
            {
                Ok(operator == "==")
            }
            (Operand::Variable(variable), Operand::Text(text)) => {
                compare(variable, &self.value(variable)?, operator, text)
            }
            (Operand::Text(text), Operand::Variable(variable)) => {
                compare(variable, text, operator, &self.value(variable)?)
            }
            _ => Err(MarkerError::Expected(
                "a comparison of a variable with a text",
                format!("'{operator}' between two of the same kind"),
            )),
        }
    }

    fn value(&self, variable: &str) -> Result<String, MarkerError> {
        let value = self.markers.value(variable);
        value.ok_or_else(|| expected("a variable", Some(&Token::Word(variable))))
    }

    fn operand(&mut self) -> Result<Operand<'t>, MarkerError> {
        match self.take() {
            Some(Token::Quoted(text)) => Ok(Operand::Text(text)),
            Some(Token::Word(word)) => Ok(Operand::Variable(word)),
            found => Err(expected(
                "a variable or a text in quotation marks",
                found.as_ref(),
            )),
        }
    }

    fn operator(&mut self) -> Result<&'t str, MarkerError> {
        match self.take() {
            Some(Token::Word("not")) if self.takes(Token::Word("in")) => Ok("not in"),
            Some(Token::Word("in")) => Ok("in"),
            Some(Token::Other(
                operator @ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "~=" | "==="),
            )) => Ok(operator),
            found => Err(expected("an operator", found.as_ref())),
        }
    }
}

fn expected(what: &'static str, found: Option<&Token<'_>>) -> MarkerError {
    let found = match found {
        None => "the end".to_owned(),
        Some(Token::Quoted(text) | Token::Word(text) | Token::Other(text)) => {
            format!("'{}'", text.chars().take(40).collect::<String>())
        }
    };
    MarkerError::Expected(what, found)
}

/// Compares as versions if the variable is a version and the right side allows it, or else as texts, which have no
/// order.
fn compare(variable: &str, left: &str, operator: &str, right: &str) -> Result<bool, MarkerError> {
    if VERSIONS.contains(&variable)
        && let Some(value) = as_versions(left, operator, right)
    {
        return Ok(value);
    }
    Ok(match operator {
        "in" => right.contains(left),
        "not in" => !right.contains(left),
        "==" | "<=" | ">=" => left == right,
        "!=" => left != right,
        "<" | ">" => false,
        other => return Err(MarkerError::Operator(other.to_owned())),
    })
}

fn as_versions(left: &str, operator: &str, right: &str) -> Option<bool> {
    if operator == "===" {
        return Some(left.eq_ignore_ascii_case(right));
    }
    if left.len() > LONGEST_VERSION || right.len() > LONGEST_VERSION {
        return None;
    }
    let range: VersionSpecifier = format!("{operator}{right}").parse().ok()?;
    let left: Result<Version, _> = left.parse();
    Some(left.is_ok_and(|left| range.contains(&left)))
}
