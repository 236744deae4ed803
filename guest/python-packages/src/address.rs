//! The addresses of files in lock files.
//!
//! The host parses them again, and it alone decides whether a server may be asked.

use percent_encoding::percent_decode_str;

/// The address of a file, without user name, password and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address, as the host compares it with the lock file.
    pub(crate) text: String,
    /// The last segment of its path, decoded.
    pub(crate) file_name: String,
    /// Whether a user name or a password was left out.
    pub(crate) had_user: bool,
}

impl Address {
    /// Reads an address of a lock file. `None` if it is not an `https` address without a query: the host fetches no other.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, _fragment) = text.split_once('#').unwrap_or((text, ""));
        let rest = text.strip_prefix("https://")?;
        let (authority, path) = rest.split_once('/')?;
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        if host.is_empty() || path.contains('?') || host.contains('?') {
            return None;
        }
        Some(Self {
            text: format!("https://{host}/{path}"),
            file_name: file_name(path)?,
            had_user: host.len() != authority.len(),
        })
    }
}

/// The file's name in an address that may be of any form, for messages and for the kind of the file.
pub(crate) fn file_name(text: &str) -> Option<String> {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let segment = text[..end].rsplit('/').next().unwrap_or(text);
    // An address without a path has no file name, and its authority may hold a password.
    if segment.is_empty() || segment.contains('@') {
        return None;
    }
    let name = percent_decode_str(segment).decode_utf8().ok()?;
    (!name.contains(['/', '\0'])).then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_and_the_fragment_are_left_out() {
        for (text, expected, had_user) in [
            (
                "https://files.example.com/a/b.whl",
                "https://files.example.com/a/b.whl",
                false,
            ),
            (
                "https://files.example.com/a/b.whl#sha256=1",
                "https://files.example.com/a/b.whl",
                false,
            ),
            (
                "https://user:pass@files.example.com/b.whl",
                "https://files.example.com/b.whl",
                true,
            ),
            (
                "https://user:p@ss@files.example.com:8443/b.whl",
                "https://files.example.com:8443/b.whl",
                true,
            ),
            (
                "https://@files.example.com/b.whl",
                "https://files.example.com/b.whl",
                true,
            ),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (address.text.as_str(), address.had_user),
                (expected, had_user)
            );
            assert_eq!(address.file_name, "b.whl");
        }
    }

    #[test]
    fn a_file_name_is_decoded() {
        let address =
            Address::parse("https://files.example.com/torch-2.9.0%2Bcpu-cp312.whl").unwrap();
        assert_eq!(address.file_name, "torch-2.9.0+cpu-cp312.whl");
        assert!(address.text.ends_with("%2Bcpu-cp312.whl"));
    }

    #[test]
    fn what_the_host_does_not_fetch_is_no_address() {
        for text in [
            "http://files.example.com/a.whl",
            "file:///tmp/a.whl",
            "a.whl",
            "",
            "https://",
            "https:///a.whl",
            "https://files.example.com",
            "https://files.example.com/",
            "https://files.example.com/a.whl?token=1",
            "https://files.example.com/%2F",
            "https://files.example.com/%ff.whl",
            "git+https://files.example.com/a.git",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_for_a_message_holds_no_password() {
        assert_eq!(
            file_name("https://user:pass@files.example.com/a%20b.tar.gz?x=1"),
            Some("a b.tar.gz".to_owned())
        );
        assert_eq!(file_name("../wheels/a.whl"), Some("a.whl".to_owned()));
        assert_eq!(file_name("https://user:pass@files.example.com"), None);
    }
}
