//! Tests links that appear and disappear while a guest reads, and while the host checks the layers: their target is
//! never read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tests::lifecycle::Lifecycle;

use crate::trial::Trial;
use crate::walls::Walls;

const SECRET: &str = "what lies outside is nobody's business";

/// The attempts of a reader without protection, who succeeds within hundreds.
const TRIES: u32 = 1_000_000;

/// A directory that is repeatedly exchanged for a link to the secret's folder.
struct Swapped {
    at: PathBuf,
    other: PathBuf,
    outside: PathBuf,
}

impl Swapped {
    /// In `folder`. The secret is in the world's own folder.
    fn within(folder: &Path, world: &Lifecycle) -> Self {
        let outside = world.world().join("outside");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("file.txt"), SECRET).unwrap();
        Self {
            at: folder.join("swapped"),
            other: folder.join("other"),
            outside,
        }
    }

    /// Makes the directory with a file of innocent text.
    fn lay_out(&self) {
        fs::create_dir_all(&self.at).unwrap();
        fs::write(self.at.join("file.txt"), "inside").unwrap();
    }

    /// Exchanges both repeatedly while `work` runs, as soon as the directory and its file exist.
    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        let go_on = || !over.load(Ordering::Relaxed);
        thread::scope(|scope| {
            scope.spawn(|| {
                while go_on() && !self.at.join("file.txt").exists() {
                    thread::yield_now();
                }
                if go_on() {
                    symlink(&self.outside, &self.other).unwrap();
                }
                while go_on() {
                    let (at, other) = (&self.at, &self.other);
                    renameat_with(CWD, at, CWD, other, RenameFlags::EXCHANGE).unwrap();
                }
            });
            let done = work();
            over.store(true, Ordering::Relaxed);
            done
        })
    }
}

/// Asserts that the race can be won: a reader who opens the path directly reads the secret and the innocent text.
fn is_a_race(world: &Lifecycle) {
    let swapped = Swapped::within(&world.world().join("control"), world);
    swapped.lay_out();
    let file = swapped.at.join("file.txt");
    let (inside, outside) = swapped.during(|| {
        let (mut inside, mut outside) = (0_u32, 0_u32);
        for _ in 0..TRIES {
            match fs::read_to_string(&file) {
                Ok(text) if text == SECRET => outside += 1,
                Ok(_) => inside += 1,
                Err(_) => {}
            }
            if inside > 100 && outside > 100 {
                break;
            }
        }
        (inside, outside)
    });
    assert!(
        inside > 0 && outside > 0,
        "{inside} inside, {outside} outside"
    );
}

fn world(trial: &Trial, case: &str, walls: Walls) -> Lifecycle {
    let world = trial.world(case);
    walls.prepare(&world);
    world
}

/// Asserts that the guest read its own text and no other, and that reads were sometimes denied: it met the link.
#[track_caller]
fn nothing_leaked(world: &Lifecycle, ended: &Output) -> String {
    let said = [&ended.stdout[..], &ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!said.contains(SECRET), "{said:.2000}");
    let mut lines = said.lines().map(|line| line.trim_start_matches([' ', '|']));
    let counts = lines.find(|line| line.starts_with("own: "));
    let counts: Vec<u32> = counts
        .unwrap_or_else(|| panic!("{said:.2000}"))
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|word| word.parse().ok())
        .collect();
    let [own, other, denied] = counts[..] else {
        panic!("{said:.2000}")
    };
    assert_eq!(other, 0, "{said:.2000}");
    assert!(own > 0 && denied > 0, "it met one side only: {said:.2000}");
    tests::folder::walk(&world.layers_dir(), &mut |path, meta| {
        if meta.is_file() {
            assert!(
                !fs::read_to_string(path)?.contains(SECRET),
                "{}",
                path.display()
            );
        }
        Ok(())
    })
    .unwrap();
    said
}

#[test]
fn a_link_swapped_into_the_application_is_not_followed() {
    let trial = Trial::of("races_links");
    for walls in Walls::EACH {
        let world = world(&trial, "application:swapped/file.txt", walls);
        is_a_race(&world);
        let swapped = Swapped::within(&world.app_dir(), &world);
        swapped.lay_out();
        let ended = swapped.during(|| walls.around(|| world.by_hand("build").output().unwrap()));
        let said = nothing_leaked(&world, &ended);
        assert_eq!(ended.status.code(), Some(0), "{said:.2000}");
    }
}

#[test]
fn a_link_swapped_into_the_layers_is_not_followed_by_guest_or_host() {
    let trial = Trial::of("races_links");
    for walls in Walls::EACH {
        let world = world(&trial, "layers:tools/swapped/file.txt", walls);
        is_a_race(&world);
        // The guest makes the directory: files from before a build are restored ones, and would not allow a race.
        let swapped = Swapped::within(&world.layers_dir().join("tools"), &world);
        let ended = swapped.during(|| walls.around(|| world.by_hand("build").output().unwrap()));
        nothing_leaked(&world, &ended);
        // The link leads out under either name: the host finds it and names it or its twin. Or the link was always at
        // the name that the host was not checking at that moment. A process that swaps after the build could do the
        // same.
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        match ended.status.code() {
            Some(0) => {}
            None | Some(100) => panic!("{said:.2000}"),
            Some(_) => assert!(
                said.contains("tools/swapped") || said.contains("tools/other"),
                "{said:.2000}"
            ),
        }
    }
}
