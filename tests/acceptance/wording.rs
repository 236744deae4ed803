//! Tests a build's output: colours and details only on request, and hints at likely misspellings.

use tests::lifecycle::Ended;

use crate::world::{PATH, World, error, stdout};

const ESCAPE: char = '\u{1b}';

fn build_with(variables: &[(&str, &str)]) -> Ended {
    let world = World::sample();
    for (name, value) in variables {
        world.lifecycle.platform_variable(name, value).unwrap();
    }
    world.build()
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    for variables in [
        &[][..],
        &[("NO_COLOR", "1")],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
    ] {
        let ended = build_with(variables);
        assert!(!ended.output().contains(ESCAPE), "{}", ended.output());
    }
    let ended = build_with(&[("CLICOLOR_FORCE", "1"), ("BP_JOB_TEMPLATE_REV", "main")]);
    let said = stdout(&ended);
    let headline = "\u{1b}[1m---> PlanQK Job Template Buildpack 0.1.0\u{1b}[0m\n";
    assert!(said.starts_with(headline), "{said}");
    assert!(said.contains("  \u{1b}[33mWarning:\u{1b}[0m "), "{said}");
}

#[test]
fn the_title_of_an_error_stands_out_where_colours_are_wanted() {
    let world = World::without_token();
    let set = world.lifecycle.platform_variable("CLICOLOR_FORCE", "1");
    set.unwrap();
    let said = error(&world.lifecycle.build().unwrap());
    let title = "\u{1b}[1;31m[Error: No credential for source 'job-template'] (credential-missing)\u{1b}[0m ";
    assert!(said.starts_with(title), "{said}");
}

#[test]
fn a_misspelt_setting_gets_a_warning_with_the_nearest_right_one() {
    let ended = build_with(&[("BP_JOB_TEMPLATE_REV", "main")]);
    let line = "  Warning: BP_JOB_TEMPLATE_REV is not a setting of this buildpack, and does nothing. Is \
                BP_JOB_TEMPLATE_REF meant?\n";
    assert!(stdout(&ended).contains(line), "{}", ended.output());
}

#[test]
fn the_right_setting_and_those_of_other_buildpacks_get_none() {
    let ended = build_with(&[("BP_JOB_TEMPLATE_REF", "main"), ("BP_CPYTHON_VERSION", "3")]);
    assert!(!ended.output().contains("Warning"), "{}", ended.output());
}

#[test]
fn a_new_address_of_the_repository_is_said_once_and_what_stays_is_not() {
    let world = World::sample();
    world.server.rename("old/name.git", PATH);
    let [old, new] = ["old/name.git", PATH].map(|path| world.server.url(path));
    world.lifecycle.edit_descriptor(&new, &old).unwrap();
    let ended = world.build();
    let said = stdout(&ended);
    let warning = format!(
        "  Warning: The repository of source 'job-template' has a new address, {new}. The server leads there from {old},"
    );
    assert_eq!(said.matches(&warning).count(), 1, "{said}");
    assert_eq!(said.matches("new address").count(), 1, "{said}");
    let ended = build_with(&[]);
    assert!(!ended.output().contains("address"), "{}", ended.output());
}

#[test]
fn more_is_said_where_more_is_asked_for_and_nothing_else_changes() {
    let plain = build_with(&[]);
    let more = build_with(&[("BP_LOG_LEVEL", "debug")]);
    assert!(
        !stdout(&plain).contains("Sandbox of the host"),
        "{}",
        plain.output()
    );
    assert!(
        stdout(&more).contains("Sandbox of the host"),
        "{}",
        more.output()
    );
}
