use super::*;

/// A self-signed root, of no use to anybody: its key was thrown away.
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

fn url(text: &str) -> RemoteUrl {
    text.parse().unwrap()
}

fn proxied(https: &str) -> Proxies {
    Proxies {
        https: Some(https.to_owned()),
        no_proxy: None,
    }
}

#[test]
fn certificates_are_read_from_pem_and_believed() {
    let twice = format!("a comment\n{ROOT}\n{ROOT}");
    let certificates = certificates_from_pem(twice.as_bytes()).unwrap();
    assert_eq!(certificates.len(), 2);
    client(&url("https://host/a"), certificates, &Proxies::default()).unwrap();
}

#[test]
fn what_is_no_certificate_is_refused() {
    let cut = &ROOT[..ROOT.len() / 2];
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for pem in ["", "no certificate", cut, key] {
        let error = certificates_from_pem(pem.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the certificates can't be read; PEM is expected",
            "{pem}"
        );
    }
    let root = certificates_from_pem(ROOT.as_bytes()).unwrap().remove(0);
    let odd = CertificateDer::from(b"odd".to_vec());
    let error = client(&url("https://host/a"), vec![root, odd], &Proxies::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "certificate 2 of those given can't be used"
    );
}

#[test]
fn a_proxy_is_for_other_machines_alone() {
    let proxies = proxied("http://proxy:3128");
    let table = [
        ("https://gitlab.com/a", Some("http://proxy:3128")),
        ("https://127.0.0.1/a", None),
        ("http://127.0.0.1/a", None),
        ("http://localhost/a", None),
        ("https://[::1]/a", None),
    ];
    for (address, proxy) in table {
        assert_eq!(proxies.for_url(&url(address)), proxy, "{address}");
    }
    assert_eq!(proxied("").for_url(&url("https://gitlab.com/a")), None);
    assert_eq!(
        proxies.peer(&url("https://gitlab.com/a")),
        "gitlab.com (through the proxy)"
    );
    assert_eq!(proxies.peer(&url("http://127.0.0.1/a")), "127.0.0.1");
}

#[test]
fn a_wrong_proxy_is_refused_without_showing_its_password() {
    let address = url("https://gitlab.com/a");
    for proxy in [
        "http://user:hunter2@",
        "http://user:hunter2@ho st",
        "::hunter2::",
    ] {
        let error = client(&address, Vec::new(), &proxied(proxy)).unwrap_err();
        let texts = format!("{error} {error:?}");
        assert!(
            matches!(error, TlsError::Proxy) && !texts.contains("hunter2"),
            "{texts}"
        );
    }
    for proxy in [
        "http://user:hunter2@proxy:3128",
        "https://proxy",
        "proxy:3128",
        "proxy",
    ] {
        client(&address, Vec::new(), &proxied(proxy)).unwrap();
    }
}
