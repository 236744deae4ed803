//! The messages for a failed connection to a proxy or a server.

use super::Diagnosis;
use fetch::TlsFault;

/// The title for a failed TLS connection.
pub(super) fn tls_title(fault: &TlsFault, host: &str, source: &str) -> String {
    if fault.is_about_the_certificate() {
        format!("{host} can't be trusted for '{source}'")
    } else {
        format!("No encrypted connection to {host} for '{source}'")
    }
}

/// Adds the advice for each TLS fault.
pub(super) fn tls(diagnosis: Diagnosis, fault: &TlsFault) -> Diagnosis {
    let diagnosis = if fault.is_about_the_certificate() {
        diagnosis.say("No credential was sent to it, and the host did not try again.")
    } else {
        diagnosis
    };
    match fault {
        TlsFault::Expired { .. } => diagnosis
            .step("If the clock of this machine is right, the server needs a new certificate."),
        TlsFault::NotYetValid { .. } => {
            diagnosis.step("Set the clock of this machine, or wait until the certificate is valid.")
        }
        TlsFault::OtherName(_) => diagnosis
            .step("Use a name of the server that its certificate has, or give the server a certificate with this name among its subjectAltNames. A common name (CN) is ignored."),
        TlsFault::UnknownAuthority => diagnosis
            .step("If the server uses a private certificate authority: add a binding of type 'ca-certificates' with the certificate of that authority, or of the server.")
            .step("If there is such a binding: it has the certificate of another authority than the one that signed, or the server doesn't send the intermediate certificates. The log above names the certificates that are trusted in addition to the built-in authorities.")
            .step("A bound certificate that names hosts (subjectAltName) is trusted only for these hosts, even if it is an authority's: then bind the server's own, or an authority's without such names."),
        TlsFault::Authoritys => diagnosis
            .step("If this certificate is the server's own, as 'openssl req -x509' makes it: bind exactly this one, in a binding of type 'ca-certificates'.")
            .step("Or give the server a certificate that is not an authority's (CA:FALSE)."),
        TlsFault::NoTls => diagnosis
            .step("Check the port and the scheme of the address: this may be the server's port for http."),
        TlsFault::TooOld => {
            diagnosis.step("The server, or the proxy in front of it, needs TLS 1.2 with ECDHE, or TLS 1.3.")
        }
        TlsFault::WantsCertificate => diagnosis
            .step("Use an address of the server that requires no client certificate."),
        TlsFault::Other(_) => diagnosis
            .step("Check the server's certificate and TLS settings: openssl s_client -connect HOST:PORT shows them."),
    }
}

/// Adds the advice for a proxy that refused the credential.
pub(super) fn proxy(diagnosis: Diagnosis, variable: &str) -> Diagnosis {
    diagnosis
        .say("It was asked once: repeated failures can lock an account.")
        .step(&format!(
            "Check the user and the password in {variable} of the lifecycle's own environment: http://user:password@host:port, with their special characters percent-encoded."
        ))
}

#[cfg(test)]
mod tests {
    use super::super::fixable;
    use super::*;

    #[test]
    fn an_authority_that_is_believed_for_itself_alone_is_not_looked_for_in_vain() {
        let told = |fault: TlsFault| {
            let diagnosis = tls(fixable("T", &fault), &fault).to_string();
            diagnosis.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let unknown = told(TlsFault::UnknownAuthority);
        assert!(unknown.contains("3. A bound certificate that names hosts (subjectAltName) is trusted only for these hosts"), "{unknown}");
        assert!(unknown.contains("bind the server's own"), "{unknown}");
        let other = told(TlsFault::OtherName(Vec::new()));
        assert!(!other.contains("that names hosts"), "{other}");
    }
}
