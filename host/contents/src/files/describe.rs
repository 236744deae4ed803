//! Describes files for receipts and bills of materials.

use super::error::FileOrigin;
use cnb::address::{Origin, RemoteUrl};
use cnb::check::{CheckedFile, Unpack};
use cnb::descriptor::Detail;
use cnb::descriptor::source::FileSource;
use cnb::identity::{Description, Identity};
use cnb::names::FolderName;
use cnb::reuse::ContentNote;
use unpack::wheel::name::{WheelName, normalized};
use url::form_urlencoded::byte_serialize;

/// Makes the note on one file, in the form of the receipt. It contains no address, because an index may be private.
pub(super) fn note(into: &FolderName, file: &CheckedFile, name: &str) -> ContentNote {
    ContentNote {
        into: into.to_string(),
        source: file.source.to_string(),
        identity: Identity::default()
            .found("file", name)
            .deciding("sha256", &file.sha256),
    }
}

/// Describes one file. `name` is its own name, and `licence` its own statement, or empty.
pub(super) fn description(file: &CheckedFile, name: &str, licence: &str) -> Description {
    let sha256 = file.sha256.to_string();
    let wheel = (file.unpack == Unpack::Wheel)
        .then(|| wheel(name))
        .flatten();
    let purl = match &wheel {
        Some((package, version)) => format!("pkg:pypi/{package}@{}", encoded(version)),
        None => format!("pkg:generic/{}?checksum=sha256:{sha256}", encoded(name)),
    };
    let (package, version) = match wheel {
        Some((package, version)) => (package, version.to_owned()),
        None => (name.to_owned(), sha256.clone()),
    };
    Description {
        name: Some(package),
        version,
        unique: sha256.clone(),
        purl: Some(purl),
        sha256: Some(sha256),
        licence: Some(licence.to_owned()).filter(|licence| !licence.is_empty()),
        told: format!("The file '{name}'"),
        ..Description::default()
    }
}

impl FileOrigin {
    /// The address of a file, if the receipt may contain it: a public one of a source that needs no credential. A lock
    /// file may name a server in a private network, if the operator's policy names it too.
    pub(crate) fn address(&self, detail: Detail, declared: &FileSource) -> Option<String> {
        let is_inside = || {
            let url = self.url.parse::<RemoteUrl>();
            declared.server().is_none() && url.is_ok_and(|url| Origin::from(&url).is_private_host())
        };
        let is_public = declared.credential.is_none()
            && self.credential.is_none()
            && !self.is_mirror
            && !self.is_of_policy
            && !is_inside();
        (detail == Detail::Full || is_public).then(|| self.url.clone())
    }
}

/// The package, by its normal name, and its version in the name of a wheel.
fn wheel(name: &str) -> Option<(String, &str)> {
    let wheel = WheelName::parse(name).ok()?;
    Some((normalized(wheel.distribution), wheel.version))
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cnb::descriptor::Descriptor;
    use cnb::names::SourceName;
    use cnb::sha256::Sha256;

    fn file(unpack: Unpack) -> CheckedFile {
        CheckedFile {
            source: "packages".parse().unwrap(),
            path: "https://files.example.com/x".to_owned(),
            sha256: Sha256::of(b""),
            unpack,
            leading_folders: 0,
        }
    }

    #[test]
    fn a_wheel_is_a_package_of_its_ecosystem_and_another_file_is_generic() {
        let name = "Zope.Some__thing-1.2+local.3-py3-none-any.whl";
        let wheel = description(&file(Unpack::Wheel), name, "MIT");
        assert_eq!(wheel.name.as_deref(), Some("zope-some-thing"));
        let purl = "pkg:pypi/zope-some-thing@1.2%2Blocal.3";
        assert_eq!(wheel.purl.as_deref(), Some(purl));
        assert_eq!(wheel.licence.as_deref(), Some("MIT"));
        let other = description(&file(Unpack::TarGz), "a b.tar.gz", "");
        let purl = format!(
            "pkg:generic/a%20b.tar.gz?checksum=sha256:{}",
            Sha256::of(b"")
        );
        assert_eq!(other.purl, Some(purl));
        assert_eq!(
            (other.licence, other.version),
            (None, Sha256::of(b"").to_string())
        );
    }

    #[test]
    fn the_address_of_a_file_is_told_if_it_is_public() {
        let text = "api = \"0.10\"\n[buildpack]\nid = \"a/b\"\nversion = \"1\"\n\
            [metadata.sources.lock]\nlisted-in = [\"uv.lock\"]\n";
        let descriptor = Descriptor::parse(text, "buildpack.toml").unwrap();
        let name: SourceName = "lock".parse().unwrap();
        let declared = &descriptor.sources.files[&name];
        let origin = |url: &str| FileOrigin {
            source: name.clone(),
            file: "a.whl".to_owned(),
            url: url.to_owned(),
            credential: None,
            place: None,
            is_in_package: false,
            is_mirror: false,
            is_of_policy: false,
        };
        let told = |detail, origin: &FileOrigin| origin.address(detail, declared).is_some();
        let public = origin("https://files.example.com/a.whl");
        assert!(told(Detail::Standard, &public));
        for private in [
            origin("https://index.internal/a.whl"),
            origin("https://10.0.0.1/a.whl"),
            origin("https://10.0.0.1/simple/a/"),
            FileOrigin {
                is_of_policy: true,
                ..public.clone()
            },
            FileOrigin {
                is_mirror: true,
                ..public.clone()
            },
            FileOrigin {
                credential: Some("binding 'index'".to_owned()),
                ..public.clone()
            },
        ] {
            assert!(!told(Detail::Standard, &private), "{private:?}");
            assert!(told(Detail::Full, &private), "{private:?}");
        }
    }

    #[test]
    fn the_note_of_a_file_has_no_address() {
        let note = note(&"site".parse().unwrap(), &file(Unpack::Wheel), "a.whl");
        let text = serde_json::to_string(&note).unwrap();
        assert!(!text.contains("example"), "{text}");
        let expected = format!(
            r#"{{"into":"site","source":"packages","file":"a.whl","sha256":"{}"}}"#,
            Sha256::of(b"")
        );
        assert_eq!(text, expected);
    }
}
