//! Tests that the host is the last process of a build to end, whatever a guest does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tests::folder;

use crate::trial::{Phase, Trial};

/// Calls the real phase, then lists the other processes that remain in the process group, and waits for none.
const LAST_ONE: &str = r#"#!/bin/sh
"${0%/*}/real/${0##*/}" "$@"
code=$?
for stat in /proc/[0-9]*/stat; do
  { read -r line < "$stat"; } 2> /dev/null || continue
  set -- ${line##*) }
  [ "$3" = "$$" ] && [ "${line%% *}" != "$$" ] && echo "$line" >> "$HOME/left"
done
: >> "$HOME/left"
exit "$code"
"#;

#[test]
fn no_process_outlives_the_host() {
    for (name, case, phase) in [
        ("behaves_well", "none", Phase::Build),
        ("exits", "build-0", Phase::Build),
        ("floods_the_log", "empty-lines", Phase::Build),
        ("loops_forever", "build", Phase::Build),
        ("loops_forever", "detect", Phase::Detect),
        ("returns_a_huge_output", "value", Phase::Build),
        ("sleeps_forever", "build", Phase::Build),
        ("traps", "build", Phase::Build),
    ] {
        let trial = Trial::of(name);
        let world = trial.world(case);
        world
            .edit_descriptor("seconds = 300", "seconds = 1")
            .unwrap();
        stand_before(&world.buildpack_dir().join("bin"));
        let run = trial.run_in(world, phase, case);
        let left = fs::read_to_string(run.world.world().join("home/left")).unwrap();
        assert_eq!(left, "", "{name}, {case}");
    }
}

/// Moves both phases away and puts the script in their place.
fn stand_before(bin: &Path) {
    fs::create_dir(bin.join("real")).unwrap();
    fs::set_permissions(bin.join("real"), fs::Permissions::from_mode(0o755)).unwrap();
    for phase in ["detect", "build"] {
        let file = bin.join(phase);
        fs::rename(&file, bin.join("real").join(phase)).unwrap();
        folder::write_program(&file, LAST_ONE.as_bytes()).unwrap();
    }
}
