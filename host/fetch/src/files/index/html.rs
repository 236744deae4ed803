//! The links of an HTML page: the value of `href` in each tag `a`.
//!
//! This is not a parser of HTML. It finds the links in the pages that indexes of packages write. A text that it
//! mistakes for a link has no effect, because it does not have a wanted digest.

use std::borrow::Cow;

/// The beginning of the tag of a link.
const BEGINNING: &str = "<a";

/// Returns the links of a page, in their order, with character references replaced.
pub(super) fn links(page: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = page;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(['<'])?;
            let tag = &rest[at..];
            rest = &tag[1..];
            let is_link = tag
                .get(..BEGINNING.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(BEGINNING));
            if !is_link {
                continue;
            }
            let (href, after) = href(&tag[BEGINNING.len()..]);
            rest = after;
            if let Some(href) = href {
                return Some(unescaped(href));
            }
        }
    })
}

/// Finds `href` among the attributes after a tag's name. Returns the text after the tag, too.
fn href(attributes: &str) -> (Option<&str>, &str) {
    let mut found = None;
    let mut rest = attributes;
    if !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
        return (None, rest);
    }
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        let (name, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        rest = after.trim_start();
        let value = match rest.strip_prefix('=') {
            Some(after) => {
                let (value, after) = value(after.trim_start());
                rest = after;
                Some(value)
            }
            None => None,
        };
        if name.eq_ignore_ascii_case("href") && found.is_none() {
            found = value;
        }
        // Without a name and a value, the loop would consume nothing and never end.
        if name.is_empty() && value.is_none() {
            return (found, rest.strip_prefix('>').unwrap_or(rest));
        }
    }
}

/// An attribute's value, in quotes or without, and the text after it.
fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let ends = |c: char| c.is_ascii_whitespace() || c == '>';
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// Replaces the character references that an address needs: all others stay, and then its digest is not found.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let text = text.replace("&quot;", "\"").replace("&#39;", "'");
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&#61;", "=").replace("&amp;", "&").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        links(page).map(Cow::into_owned).collect()
    }

    #[test]
    fn links_are_found_however_their_tags_are_written() {
        let page = "<!DOCTYPE html>\n<html><body><h1>Links for a</h1>\n\
            <a href=\"../../f/a-1.tar.gz#sha256=1\" data-requires-python=\"&gt;=3.9\">a-1.tar.gz</a><br/>\n\
            <A data-core-metadata='true' HREF = 'b.whl#sha256=2&amp;x=1' >b</A>\n\
            <a\thref=c.whl>c</a><a href=\"d.whl\"/><a rel=nofollow\nhref=\"e.whl\">\n</body></html>";
        assert_eq!(
            found(page),
            [
                "../../f/a-1.tar.gz#sha256=1",
                "b.whl#sha256=2&x=1",
                "c.whl",
                "d.whl",
                "e.whl"
            ]
        );
    }

    #[test]
    fn other_tags_and_unfinished_ones_have_no_link() {
        for page in [
            "",
            "<",
            "<a",
            "<a>",
            "<a href>",
            "<a name=\"x\">",
            "<abbr href=\"x\">",
            "<link href=\"x\">",
            "href=\"x\"",
            "é<é",
        ] {
            assert_eq!(found(page), [""; 0], "{page}");
        }
        assert_eq!(found("<a href=\"x"), ["x"]);
    }

    proptest::proptest! {
        #[test]
        fn no_page_causes_a_panic_or_an_endless_search(page in "[<>a=\"' /hrefé&;\n]{0,80}") {
            proptest::prop_assert!(links(&page).count() <= page.len());
        }
    }
}
