use super::*;
use cnb::identity::{Description, Identity};
use cnb::names::SourceName;
use cnb::reuse::ContentNote;
use cnb::sandbox::Sandbox;
use cnb::sbom::{KnownFrom, Provenance};
use credential::CredentialPlace;

fn name(text: &str) -> SourceName {
    text.parse().unwrap()
}

#[test]
fn what_was_denied_names_no_server_unless_everything_is_told() {
    let denials = [
        Denial::Host {
            source: name("private"),
            host: "git.example".to_owned(),
            granted: vec!["inner.example".to_owned()],
        },
        Denial::Place {
            source: name("private"),
            host: "git.example".to_owned(),
            place: CredentialPlace::Variable,
        },
        Denial::Revision {
            source: name("private"),
            host: "git.example".to_owned(),
            revision: "main".parse().unwrap(),
            granted: vec!["release-*".to_owned()],
        },
    ];
    let variable = Denial::Variable {
        variable: "BP_MIRROR_TOKEN".parse().unwrap(),
        host: "git.example".to_owned(),
    };
    let text = denied(&variable, Detail::Standard);
    assert_eq!(
        text,
        "variable BP_MIRROR_TOKEN is not granted by the operator's policy"
    );
    assert_eq!(denied(&variable, Detail::Full), variable.to_string());
    for denial in &denials {
        let text = denied(denial, Detail::Standard);
        assert!(text.starts_with("source 'private': "), "{text}");
        assert!(text.ends_with("is not granted by the operator's policy"));
        assert!(
            !text.contains(".example") && !text.contains("release"),
            "{text}"
        );
        assert_eq!(denied(denial, Detail::Full), denial.to_string());
    }
    for denial in [
        Denial::Limit {
            key: "seconds",
            declared: 60,
            granted: 30,
        },
        Denial::Sandbox {
            declared: Sandbox::Prefer,
            granted: Sandbox::Require,
        },
    ] {
        assert_eq!(denied(&denial, Detail::Standard), denial.to_string());
    }
}

#[test]
fn the_label_is_named_after_the_buildpack_and_no_other_has_it() {
    let label = |id: &str| {
        label(&BillFacts {
            buildpack: id.to_owned(),
            version: "1".to_owned(),
            host: String::new(),
            guest: String::new(),
            receipt: "{}".to_owned(),
            contents: Vec::new(),
        })
    };
    let own = label("a/b.c");
    assert_eq!(
        (&*own.key, &*own.value),
        ("wasm-buildpacks.receipt.a_b.c", "{}")
    );
    for other in ["a.b.c", "a/b/c", "a-b.c"] {
        assert_ne!(label(other).key, own.key);
    }
}

#[test]
fn a_content_is_told_flat_and_without_what_is_not_told() {
    let mut content = BilledContent {
        layer: "job".parse().unwrap(),
        launch: true,
        provenance: Provenance {
            kept: true,
            known_from: KnownFrom::PreviousImage,
        },
        note: ContentNote {
            into: "i".to_owned(),
            source: "s".to_owned(),
            identity: Identity::default()
                .deciding("subpath", "p")
                .found("revision", "r")
                .found("commit", "c")
                .deciding("tree", "t"),
        },
        description: Description::default(),
        supplier: None,
        address: None,
    };
    let text = serde_json::to_string(&content).unwrap();
    let expected = r#"{"layer":"job","kept":true,"known-from":"previous-image","into":"i","source":"s","subpath":"p","revision":"r","commit":"c","tree":"t"}"#;
    assert_eq!(text, expected);
    content.address = Some("https://open.example".to_owned());
    let text = serde_json::to_string(&content).unwrap();
    assert!(
        text.ends_with(r#","address":"https://open.example"}"#),
        "{text}"
    );
}

/// Podman and CRI-O read at most 4 MB of an image's configuration, with all its labels.
#[test]
fn the_receipt_of_five_hundred_wheels_takes_a_small_part_of_an_images_configuration() {
    let wheel = |number: usize| {
        let file = format!("distribution_{number:03}-1.26.4-cp312-cp312-manylinux_2_17_x86_64.whl");
        let digest = format!("{number:064x}");
        BilledContent {
            layer: "packages".parse().unwrap(),
            launch: true,
            provenance: Provenance {
                kept: false,
                known_from: KnownFrom::Digest,
            },
            note: ContentNote {
                into: "site-packages".to_owned(),
                source: "packages".to_owned(),
                identity: Identity::default()
                    .found("file", &file)
                    .deciding("sha256", &digest),
            },
            description: Description::default(),
            supplier: None,
            address: Some(format!(
                "https://files.example.com/packages/{digest}/{file}"
            )),
        }
    };
    let contents: Vec<_> = (0..500).map(wheel).collect();
    let receipt = Receipt {
        buildpack: String::new(),
        host: "",
        guest: "",
        engine: String::new(),
        sandbox: SandboxNote {
            held: String::new(),
            asked: String::new(),
        },
        variables: Vec::new(),
        sources: BTreeMap::new(),
        denied: Vec::new(),
        contents: &contents,
    };
    let length = serde_json::to_string(&receipt).unwrap().len();
    assert!((150_000..250_000).contains(&length), "{length}");
}
