//! Whose certificates are believed besides the roots that are built in.
//!
//! Files of the platform's alone: an application can't name one.

use rustls::pki_types::CertificateDer;

use super::error::ContentsError;
use crate::cnb::bindings::Bindings;
use crate::cnb::context::BuildContext;
use crate::source::certificates_from_pem;

/// The largest file of certificates, in bytes: a distribution's bundle has about 200 KiB.
const LARGEST_BUNDLE: u64 = 4 << 20;

/// What is believed besides the roots that are built in: bindings, and the file that the process environment names.
pub(super) fn certificates(
    context: &BuildContext,
    bindings: &Bindings,
) -> Result<Vec<CertificateDer<'static>>, ContentsError> {
    let platform = &context.common.platform;
    let mut certificates = Vec::new();
    let mut add = |from: String, pem: &[u8]| match certificates_from_pem(pem) {
        Ok(more) => {
            certificates.extend(more);
            Ok(())
        }
        Err(source) => Err(ContentsError::Certificates { from, source }),
    };
    if let Some(path) = &context.common.settings.ssl_cert_file {
        let from = format!("SSL_CERT_FILE ({})", path.display());
        let pem = platform.read(path, LARGEST_BUNDLE);
        let pem = pem.map_err(|source| ContentsError::CertificateFile {
            from: from.clone(),
            source,
        })?;
        if let Some(pem) = pem {
            add(from, &pem)?;
        }
    }
    for found in bindings.certificates(platform)? {
        add(found.origin, &found.pem)?;
    }
    Ok(certificates)
}
