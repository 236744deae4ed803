//! Reads the certificates that are trusted in addition to the built-in roots.
//!
//! Only files of the platform and of the image count. An application can't name one.

use std::path::Path;

use rustls::pki_types::CertificateDer;

use super::error::ContentsError;
use cnb::bindings::Bindings;
use cnb::platform::Platform;
use fetch::{certificates_from_pem, is_built_in, usable_certificates};
use report::counted;
use text::chain;

/// The largest file of certificates, in bytes: a distribution's bundle has about 200 KiB.
const LARGEST_BUNDLE: u64 = 4 << 20;

/// The files in which systems keep their trusted authorities. The first one that exists is used.
const SYSTEM: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates that are trusted in addition to the built-in roots.
#[derive(Debug, Default)]
pub struct Trust {
    pub certificates: Vec<CertificateDer<'static>>,
    /// The origins of the certificates, with a count for each, for the log.
    pub from: Vec<String>,
    /// The parts of the image's own store that are not trusted, and why, for the log at level `debug`.
    pub passed_over: Vec<String>,
}

impl Trust {
    /// Reads the bindings, the file in `SSL_CERT_FILE` of the process environment, and, if `system` is set, the image's
    /// own store. Fails if a binding or that file is invalid, since they were set for this build. Skips invalid parts
    /// of the store.
    pub fn read(
        platform: &Platform,
        bindings: &Bindings,
        ssl_cert_file: Option<&Path>,
        system: bool,
    ) -> Result<Self, ContentsError> {
        let mut trust = Self::default();
        if system {
            trust.add_system(platform, &SYSTEM);
        } else {
            let why = "the image's own store: the operator's policy doesn't grant it";
            trust.passed_over.push(why.to_owned());
        }
        if let Some(path) = ssl_cert_file {
            let from = format!("SSL_CERT_FILE ({})", path.display());
            let pem = platform.read(path, LARGEST_BUNDLE);
            let pem = pem.map_err(|source| ContentsError::CertificateFile {
                from: from.clone(),
                source,
            })?;
            match pem {
                Some(pem) => trust.add(from, &pem)?,
                None => trust
                    .passed_over
                    .push(format!("{from}: there is no such file")),
            }
        }
        for found in bindings.certificates(platform)? {
            trust.add(found.origin, &found.pem)?;
        }
        Ok(trust)
    }

    fn add(&mut self, from: String, pem: &[u8]) -> Result<(), ContentsError> {
        match certificates_from_pem(pem) {
            Ok(more) => {
                self.believe(&from, more);
                Ok(())
            }
            Err(source) => Err(ContentsError::Certificates { from, source }),
        }
    }

    /// Adds the certificates of the first of these files that exists, except the built-in ones.
    fn add_system(&mut self, platform: &Platform, files: &[&str]) {
        for file in files {
            let pem = match platform.read(Path::new(file), LARGEST_BUNDLE) {
                Ok(None) => continue,
                Ok(Some(pem)) => pem,
                Err(error) => {
                    self.passed_over.push(format!("{file}: {}", chain(&error)));
                    continue;
                }
            };
            let (mut certificates, unusable) = usable_certificates(&pem);
            certificates.retain(|certificate| !is_built_in(certificate));
            let unusable = unusable.iter();
            let unusable = unusable.map(|error| format!("{file}: {}", chain(error)));
            self.passed_over.extend(unusable);
            self.believe(file, certificates);
            return;
        }
    }

    fn believe(&mut self, from: &str, certificates: Vec<CertificateDer<'static>>) {
        if !certificates.is_empty() {
            let count = counted(certificates.len() as u64, "certificate", "certificates");
            self.from.push(format!("{count} from {from}"));
            self.certificates.extend(certificates);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const OWN: &str = include_str!("../../fetch/src/tls/bound/own.pem");
    const TWIN: &str = include_str!("../../fetch/src/tls/bound/twin.pem");

    struct World {
        folder: tempfile::TempDir,
        platform: Platform,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("app")).unwrap();
            let platform = folder.path().join("platform");
            let platform = Platform::new(&platform, &folder.path().join("app")).unwrap();
            Self { folder, platform }
        }

        fn write(&self, path: &str, text: &str) -> String {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path.display().to_string()
        }

        fn system(&self, files: &[&str]) -> Trust {
            let mut trust = Trust::default();
            trust.add_system(&self.platform, files);
            trust
        }

        fn bound(&self) -> Result<Trust, ContentsError> {
            let bindings = Bindings::read(&self.platform, None).unwrap();
            Trust::read(&self.platform, &bindings, None, false)
        }
    }

    #[test]
    fn the_first_store_that_there_is_counts_and_what_it_holds_that_is_none_is_passed_over() {
        let world = World::new();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let first = world.write("first.crt", &format!("{OWN}{broken}{TWIN}"));
        let second = world.write("second.crt", OWN);
        let trust = world.system(&["/no/such/file", &first, &second]);
        assert_eq!(trust.certificates.len(), 2);
        assert_eq!(trust.from, [format!("2 certificates from {first}")]);
        let line = OWN.lines().count() + 1;
        let why = format!("{first}: the certificate that begins in line {line} can't be used");
        assert_eq!(trust.passed_over.len(), 1);
        assert!(
            trust.passed_over[0].starts_with(&why),
            "{:?}",
            trust.passed_over
        );
    }

    #[test]
    fn a_store_that_leads_into_the_application_is_not_believed_and_another_is() {
        let world = World::new();
        let inside = world.write("app/store.crt", TWIN);
        let outside = world.write("store.crt", OWN);
        let trust = world.system(&[&inside, &outside]);
        assert_eq!(trust.from, [format!("1 certificate from {outside}")]);
        assert!(trust.passed_over[0].contains("beneath the application"));
        let none = world.system(&[]);
        assert!(none.certificates.is_empty() && none.from.is_empty());
    }

    #[test]
    fn what_is_bound_must_be_readable_and_is_counted() {
        let world = World::new();
        world.write("platform/bindings/ca/type", "ca-certificates");
        world.write(
            "platform/bindings/ca/a.pem",
            &[OWN.trim_end(), TWIN].concat(),
        );
        let trust = world.bound().unwrap();
        assert_eq!(trust.from, ["2 certificates from 'a.pem' of binding 'ca'"]);
        assert_eq!(trust.certificates.len(), 2);
        let policy = "the image's own store: the operator's policy doesn't grant it";
        assert_eq!(trust.passed_over, [policy]);
        world.write("platform/bindings/ca/a.pem", &OWN[..OWN.len() / 2]);
        let error = chain(&world.bound().unwrap_err());
        let why = "the certificates from 'a.pem' of binding 'ca' can't be used: the certificate that begins in line 1";
        assert!(error.starts_with(why), "{error}");
    }
}
