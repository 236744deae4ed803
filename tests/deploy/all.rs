//! Tests the rules for all files of `deploy/`.

use crate::files::text;

#[test]
fn every_file_begins_with_what_uses_it_and_is_named_in_the_readme() {
    let readme = text("README.md");
    for name in [
        "builder.toml",
        "meta/package.toml",
        "kpack/builder.yaml",
        "kpack/image.yaml",
        "tekton/pipelinerun.yaml",
        "gitlab-ci.yml",
        "github-actions.yml",
    ] {
        assert!(readme.contains(&format!("({name})")), "{name}");
        let text = text(name);
        let head: Vec<_> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        let command = head.iter().find(|line| line.starts_with("#   "));
        assert!(
            command.is_some_and(|line| line.contains(&format!("deploy/{name}"))),
            "{name}"
        );
    }
}

#[test]
fn no_file_shares_a_writable_place_between_builds() {
    for name in [
        "kpack/builder.yaml",
        "kpack/image.yaml",
        "tekton/pipelinerun.yaml",
        "gitlab-ci.yml",
        "github-actions.yml",
    ] {
        let text = text(name);
        for shared in [
            "persistentVolumeClaim",
            "hostPath",
            "cache",
            "docker.sock",
            "privileged: true",
        ] {
            assert!(!text.contains(shared), "{name} has {shared}");
        }
    }
}
