//! Tests a build's token: where it is accepted, and what is printed if it is missing or wrong.
//!
//! The tests in `secrets` prove that the token leaks nowhere.

use std::fs;

use crate::world::{PATH, TOKEN, World, error, passed};

#[test]
fn a_final_line_end_is_no_part_of_the_token() {
    for end in ["\n", "\r\n"] {
        let world = World::without_token();
        world
            .lifecycle
            .platform_variable("BP_GITLAB_TOKEN", format!("{TOKEN}{end}"))
            .unwrap();
        world.build();
    }
}

#[test]
fn without_a_token_build_fails_and_says_which_variable_must_be_set() {
    let world = World::without_token();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert!(
        ended
            .output()
            .contains("Variable BP_GITLAB_TOKEN must be set"),
        "{}",
        ended.output()
    );
    let text = error(&ended);
    for word in [
        "job-template",
        &world.server.url(PATH),
        "--env BP_GITLAB_TOKEN",
        "'gitlab'",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    for line in str::from_utf8(&ended.stderr).unwrap().lines() {
        let wraps = line.contains(' ') && !line.contains("http");
        assert!(line.chars().count() <= 72 || !wraps, "too wide: {line}");
    }
    assert_eq!(world.layers(), []);
    assert_eq!(world.server.requests().len(), 0, "asked without a token");
}

#[test]
fn an_empty_token_is_none() {
    for value in ["", "\n"] {
        let world = World::without_token();
        world
            .lifecycle
            .platform_variable("BP_GITLAB_TOKEN", value)
            .unwrap();
        let ended = world.lifecycle.build().unwrap();
        assert_eq!(ended.code, Some(1));
        assert!(
            ended
                .output()
                .contains("Variable BP_GITLAB_TOKEN must be set")
        );
        assert_eq!(world.layers(), []);
    }
}

#[test]
fn a_wrong_token_fails_once_and_leaves_nothing() {
    let world = World::without_token();
    world
        .lifecycle
        .platform_variable("BP_GITLAB_TOKEN", "glpat-wrong-token-0000")
        .unwrap();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    let text = error(&ended);
    assert!(
        text.contains("refused the credential") && text.contains("401"),
        "{text}"
    );
    assert!(text.contains("variable BP_GITLAB_TOKEN"), "{text}");
    assert!(!ended.output().contains("glpat-wrong-token-0000"));
    assert_eq!(world.layers(), []);
    assert_eq!(
        world.server.requests().len(),
        1,
        "a refused credential was tried again"
    );
}

#[test]
fn a_build_that_fails_leaves_a_restored_layer_as_it_was_and_a_later_one_passes() {
    let world = World::sample();
    world.build();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    let restored = world.layers();
    let token = world.lifecycle.platform_dir().join("env/BP_GITLAB_TOKEN");
    fs::remove_file(&token).unwrap();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert_eq!(world.layers(), restored);
    world
        .lifecycle
        .platform_variable("BP_GITLAB_TOKEN", TOKEN)
        .unwrap();
    passed(world.lifecycle.build().unwrap());
}

#[test]
fn a_token_that_needs_a_user_name_gets_that_advice_where_it_is_refused() {
    for (token, words) in [
        (
            "gldt-0123456789abcdefghij",
            &["deploy token", "'username'"][..],
        ),
        (
            "glcbt-64_0123456789abcdefghij",
            &["token of a CI job", "'username'", "gitlab-ci-token"],
        ),
    ] {
        let world = World::without_token();
        let binding = [("type", "gitlab"), ("token", token)];
        world.lifecycle.binding("template", &binding).unwrap();
        let ended = world.lifecycle.build().unwrap();
        let text = error(&ended);
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!text.contains(&token[..14]), "{text}");
        // A binding with a user name is wrong for another reason.
        let binding = [("type", "gitlab"), ("token", token), ("username", "me")];
        world.lifecycle.binding("template", &binding).unwrap();
        let text = error(&world.lifecycle.build().unwrap());
        assert!(
            text.contains("refused the credential") && !text.contains("'username'"),
            "{text}"
        );
    }
}

#[test]
fn a_binding_whose_url_is_the_whole_repository_is_refused_with_the_url_of_the_server() {
    let world = World::without_token();
    let origin = world.server.origin();
    for url in [
        world.server.url(PATH),
        world.server.url(PATH.trim_end_matches(".git")),
        format!("{origin}/another/place.git/"),
    ] {
        let binding = [("type", "gitlab"), ("token", TOKEN), ("url", &url)];
        world.lifecycle.binding("template", &binding).unwrap();
        let ended = world.lifecycle.build().unwrap();
        assert_eq!(ended.code, Some(1), "{}", ended.output());
        let text = error(&ended);
        for word in ["url of binding 'template'", "such as", &origin] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
    assert_eq!(world.server.requests().len(), 0);
    let binding = [("type", "gitlab"), ("token", TOKEN), ("url", &origin)];
    world.lifecycle.binding("template", &binding).unwrap();
    world.build();
}

#[test]
fn a_user_name_with_the_token_in_it_is_refused_and_not_shown() {
    let world = World::without_token();
    let name = format!("oauth2:{TOKEN}");
    let binding = [("type", "gitlab"), ("token", TOKEN), ("username", &name)];
    world.lifecycle.binding("template", &binding).unwrap();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    let text = error(&ended);
    assert!(text.contains("user name from binding 'template'"), "{text}");
    assert!(!text.contains("0123456789"), "{text}");
}
