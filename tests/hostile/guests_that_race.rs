//! Links that come and go while a guest reads, and while the host looks through what it left: what they lead to is
//! never read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tests::lifecycle::Lifecycle;

use crate::advisories::{WALLS, without_the_kernel};
use crate::trial::Trial;

const SECRET: &str = "what lies outside is nobody's business";

/// How often somebody who is not careful may try: they win within hundreds.
const TRIES: u32 = 1_000_000;

/// A directory that is, every other moment, a link to where the secret lies.
struct Swapped<'a> {
    at: &'a Path,
    other: &'a Path,
}

impl Swapped<'_> {
    /// The directory `at` holds `file.txt` with innocent words, and `other` leads out, to another of that name.
    fn lay_out(&self, outside: &Path) {
        fs::create_dir_all(self.at).unwrap();
        fs::write(self.at.join("file.txt"), "inside").unwrap();
        fs::create_dir_all(outside).unwrap();
        fs::write(outside.join("file.txt"), SECRET).unwrap();
        symlink(outside, self.other).unwrap();
    }

    /// Exchanges both without end while `work` goes on.
    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let swapping = scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    renameat_with(CWD, self.at, CWD, self.other, RenameFlags::EXCHANGE).unwrap();
                }
            });
            let done = work();
            over.store(true, Ordering::Relaxed);
            swapping.join().unwrap();
            done
        })
    }

    /// That the race is there to be won: who opens the path as it is reads the secret, and the innocent words too.
    fn is_a_race(&self) {
        let file = self.at.join("file.txt");
        let (inside, outside) = self.during(|| {
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
}

fn world(trial: &Trial, case: &str, walls: bool) -> Lifecycle {
    let world = trial.world(case);
    world
        .edit_descriptor("seconds = 5", "seconds = 60")
        .unwrap();
    if !walls {
        without_the_kernel(&world);
    }
    world
}

/// What the guest printed holds its own text and no other, and it was denied at times: it met the link.
#[track_caller]
fn nothing_leaked(world: &Lifecycle, ended: &Output) -> String {
    let said = [&ended.stdout[..], &ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!said.contains(SECRET), "{said:.2000}");
    let counts = said.lines().find(|line| line.starts_with("own: "));
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
    for walls in WALLS {
        let world = world(&trial, "application:swapped/file.txt", walls);
        let at = world.app_dir().join("swapped");
        let other = world.app_dir().join("other");
        let swapped = Swapped {
            at: &at,
            other: &other,
        };
        swapped.lay_out(&world.world().join("outside"));
        swapped.is_a_race();
        let ended = swapped.during(|| world.by_hand("build").output().unwrap());
        let said = nothing_leaked(&world, &ended);
        assert_eq!(ended.status.code(), Some(0), "{said:.2000}");
    }
}

#[test]
fn a_link_swapped_into_the_layers_is_not_followed_by_guest_or_host() {
    let trial = Trial::of("races_links");
    for walls in WALLS {
        let world = world(&trial, "layers:tools/swapped/file.txt", walls);
        let tools = world.layers_dir().join("tools");
        let (at, other) = (tools.join("swapped"), tools.join("other"));
        let swapped = Swapped {
            at: &at,
            other: &other,
        };
        swapped.lay_out(&world.world().join("outside"));
        swapped.is_a_race();
        let ended = swapped.during(|| world.by_hand("build").output().unwrap());
        nothing_leaked(&world, &ended);
        // The link leads out whichever name it has by then: the host finds it, and names it or its twin.
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(
            !matches!(ended.status.code(), None | Some(0 | 100)),
            "{said:.2000}"
        );
        assert!(
            said.contains("tools/swapped") || said.contains("tools/other"),
            "{said:.2000}"
        );
    }
}
