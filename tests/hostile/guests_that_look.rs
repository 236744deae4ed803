//! Tests guests that try to read or change what they were not given: every attempt is denied, and they build
//! innocently.
//!
//! The guests log each result: no line may say `ALLOWED`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tests::folder;

use crate::trial::{FIXABLE, Phase, Run, Trial};

use Phase::{Build, Detect};

/// Asserts that every attempt was made and denied.
fn was_let_down(run: &Run) {
    run.passed();
    let lines = run.lines();
    let allowed: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("ALLOWED"))
        .collect();
    assert_eq!(allowed, [""; 0]);
    let denied = lines
        .iter()
        .filter(|line| line.contains(": denied"))
        .count();
    assert!(denied > 10, "only {denied} tries");
    // The guest's last line: after it, the host logs what became of the layer.
    let last = lines.iter().rfind(|line| line.starts_with("tried "));
    assert_eq!(last.map(String::as_str), Some("tried everything"));
}

#[test]
fn nothing_outside_can_be_read() {
    let trial = Trial::of("reads_outside");
    for phase in [Detect, Build] {
        let world = trial.world("none");
        let outside = world.world().join("outside.txt");
        fs::write(&outside, "everybody may read this, but no guest").unwrap();
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o644)).unwrap();
        world.edit_descriptor("\"CASE\"", "\"OUTSIDE\"").unwrap();
        let path = outside.to_str().unwrap();
        world.platform_variable("OUTSIDE", path).unwrap();
        let app = world.app_dir();
        let run = trial.run_in(world, phase, "none");
        was_let_down(&run);
        assert!(run.said().contains(path), "it did not try the file");
        let own = format!("may read {}: ", app.display());
        assert!(run.said().contains(&own), "{}", run.said());
        let left: &[&str] = if phase == Build {
            &["launch.toml", "tools", "tools.toml"]
        } else {
            &[]
        };
        assert_eq!(run.left(), left);
    }
}

#[test]
fn the_application_cannot_be_changed() {
    let trial = Trial::of("writes_the_application");
    for phase in [Detect, Build] {
        let world = trial.world("none");
        let before = times(&world.app_dir());
        let run = trial.run_in(world, phase, "none");
        was_let_down(&run);
        assert_eq!(times(&run.world.app_dir()), before);
        let left: &[&str] = match phase {
            Build => &["launch.toml", "tools", "tools.toml", "tools/planted"],
            Detect => &[],
        };
        let mut found = run.left();
        found.sort();
        assert_eq!(found, left);
    }
}

/// The time of each entry's last change.
fn times(app: &Path) -> Vec<(PathBuf, SystemTime)> {
    let mut times = vec![(
        app.to_owned(),
        fs::metadata(app).unwrap().modified().unwrap(),
    )];
    folder::walk(app, &mut |path, meta| {
        times.push((path.to_owned(), meta.modified()?));
        Ok(())
    })
    .unwrap();
    times.sort();
    times
}

#[test]
fn environment_arguments_and_input_are_empty() {
    let trial = Trial::of("reads_the_environment");
    for phase in [Detect, Build] {
        let mut world = trial.world("none");
        world.variable("A_VARIABLE_OF_THE_PROCESS", "value");
        let run = trial.run_in(world, phase, "none");
        run.passed();
        let expected = ["variables: 0", "arguments: 0", "input: 0 bytes"];
        assert_eq!(run.lines()[..3], expected, "{phase:?}");
    }
}

#[test]
fn clocks_stand_and_random_numbers_repeat() {
    let trial = Trial::of("reads_clock_and_random");
    for phase in [Detect, Build] {
        let once = trial.run(phase, "once");
        let again = trial.run(phase, "again");
        once.passed();
        assert_eq!(once.lines(), again.lines());
        let lines = once.lines();
        let clock = lines.iter().filter(|line| line.starts_with("wall: "));
        assert_eq!(clock.count(), 2, "{lines:?}");
        let random = lines.iter().filter(|line| line.starts_with("random: "));
        assert_eq!(random.count(), 2, "{lines:?}");
        assert!(lines.contains(&"elapsed: 0".to_owned()), "{lines:?}");
    }
}

#[test]
fn the_monotonic_clock_moves_when_it_is_waited_for_and_no_wait_takes_time() {
    let trial = Trial::of("waits_for_the_clock");
    for phase in [Detect, Build] {
        let run = trial.run(phase, "once");
        run.passed();
        let expected = [
            "first: 1",
            "slept: 86400 s",
            "wall: 0ns",
            "three alarms: [1, 2] after 1000000000",
            "the late one: [0] after 1000000000",
            "asked without waiting: false",
            "a stream: [1] after 0",
            "a file: [1] after 0",
            "a past moment: [0] after 0",
        ];
        assert_eq!(run.lines(), expected, "{phase:?}");
        // The descriptor allows five seconds for waits of a day.
        assert!(run.ended.took < Duration::from_secs(5), "{phase:?}");
    }
}

#[test]
fn a_secret_is_nowhere_in_a_guests_memory() {
    const SECRET: &str = "glpat-8Jq2vXw9ZtR4";
    let trial = Trial::of("searches_its_memory");
    for phase in [Detect, Build] {
        let mut world = trial.world("none");
        let backwards: String = SECRET.chars().rev().collect();
        world
            .platform_variable("NEEDLE_REVERSED", backwards)
            .unwrap();
        world.platform_variable("BP_TEST_TOKEN", SECRET).unwrap();
        world.variable("BP_TEST_TOKEN", SECRET);
        let entries = [("type", "test"), ("token", SECRET)];
        world.binding("test", &entries).unwrap();
        let run = trial.run_in(world, phase, "none");
        run.passed();
        assert_eq!(run.lines()[..2], ["needle: not found", "control: found"]);
        assert!(!run.said().contains(SECRET));
    }
}

#[test]
fn what_steers_a_terminal_is_never_printed() {
    let trial = Trial::of("prints_control_characters");
    for (phase, case) in [
        (Detect, "build"),
        (Detect, "detect"),
        (Detect, "failure"),
        (Build, "build"),
        (Build, "detect"),
        (Build, "failure"),
    ] {
        let world = trial.world(case);
        world.platform_variable("BP_LOG_LEVEL", "debug").unwrap();
        let hostile = "start\x1b]0;title\x07\u{9b}2J\u{202e}\r\nend";
        world.platform_variable("NEEDLE_REVERSED", hostile).unwrap();
        let run = trial.run_in(world, phase, case);
        // That nothing but letters comes through is seen to in each run.
        match (phase, case) {
            (Detect, "detect") => run.declined(),
            (Build, "failure") => run.refused("component-application", FIXABLE),
            _ => run.passed(),
        }
        for own in ["start", "end", "NEEDLE_REVERSED=start"] {
            assert!(run.said().contains(own), "{own}: {}", run.said());
        }
        // Lines that look like the host's own are marked as the component's.
        let lines = run.lines();
        for forged in ["Sandbox: full", "[Error: m]", "Layer 'tools': made"] {
            assert!(
                lines.iter().any(|line| line == forged),
                "{forged}: {lines:?}"
            );
            let output = run.ended.output();
            let mut unmarked = output.lines().map(str::trim_start);
            assert!(unmarked.all(|line| line != forged), "{forged}: {output}");
        }
        if case == "failure" && phase == Build {
            let title = String::from_utf8_lossy(&run.ended.stderr).into_owned();
            assert!(
                title.starts_with("[Error: The buildpack's component says: start"),
                "{title}"
            );
        }
    }
}
