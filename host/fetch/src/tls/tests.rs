use super::*;

/// A self-signed root certificate. Its key was deleted.
const ROOT: &str = "\
-----BEGIN CERTIFICATE-----
MIIBmDCCAT+gAwIBAgIUBsm+wxz6BXz2Icqnvmqgx0H3e08wCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWQSB0ZXN0J3Mgb3duIGF1dGhvcml0eTAgFw0yNjExMjMyMzI0
MjFaGA8yMTI2MTAzMDIzMjQyMVowITEfMB0GA1UEAwwWQSB0ZXN0J3Mgb3duIGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEsWBc7rbSptdHOCpN0w
wHP4db/pCs46vKbFLYtoeyw0fzMH19LP/VaTe+4HwL2lmm+kvdJH/2w2iqYchhaS
S2CjUzBRMB0GA1UdDgQWBBSWs6F/v87Wild8tLGzRI+MUzZuRzAfBgNVHSMEGDAW
gBSWs6F/v87Wild8tLGzRI+MUzZuRzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0cAMEQCIA3XEJpVRjw18r/oAxtJ0UMArvpwxXB5rPaUkDD5TtyVAiBt+9aL
aTYDM+jIC1xAMxAUwrqjKLWofw+c3c4mhmdEWA==
-----END CERTIFICATE-----
";

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

fn url(text: &str) -> RemoteUrl {
    text.parse().unwrap()
}

#[test]
fn certificates_are_read_from_pem_and_believed() {
    let twice = format!("a comment\n{ROOT}\n{ROOT}");
    let certificates = certificates_from_pem(twice.as_bytes()).unwrap();
    assert_eq!(certificates.len(), 2);
    client(&url("https://host/a"), certificates, None).unwrap();
}

#[test]
fn what_is_no_certificate_is_refused_with_its_place() {
    for none in ["", "no certificate", KEY] {
        let error = certificates_from_pem(none.as_bytes()).unwrap_err();
        let text = "there is no certificate in it; PEM is expected";
        assert_eq!(error.to_string(), text, "{none}");
    }
    let cut = &ROOT[..ROOT.len() / 2];
    let wrong = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for bad in [cut, wrong] {
        let pem = format!("{ROOT}{bad}");
        let error = certificates_from_pem(pem.as_bytes()).unwrap_err();
        let line = ROOT.lines().count() + 1;
        let text = format!("the certificate that begins in line {line} can't be used");
        assert_eq!(error.to_string(), text, "{bad}");
        let (usable, unusable) = usable_certificates(pem.as_bytes());
        assert_eq!((usable.len(), unusable.len()), (1, 1), "{bad}");
    }
    let odd = CertificateDer::from(b"odd".to_vec());
    client(&url("https://host/a"), vec![odd], None).unwrap_err();
}

#[test]
fn certificates_that_were_joined_without_a_line_end_are_all_believed() {
    let glued = [ROOT.trim_end(); 3].concat();
    let certificates = certificates_from_pem(glued.as_bytes()).unwrap();
    assert_eq!(certificates.len(), 3);
}

#[test]
fn an_authority_of_ones_own_is_not_built_in() {
    let root = certificates_from_pem(ROOT.as_bytes()).unwrap().remove(0);
    assert!(!is_built_in(&root));
}
