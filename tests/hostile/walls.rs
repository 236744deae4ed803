//! What stands around a guest, taken away to try what stands behind it; and how its tries went.
//!
//! What one guest tries does not live here.

use tests::kernel;
use tests::lifecycle::Lifecycle;

use crate::trial::{Phase, Run, Trial};

/// All of them, or WebAssembly's alone, lest the kernel hide a hole of the engine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walls {
    /// As it ships.
    All,
    /// Without Landlock and seccomp.
    WebAssembly,
    /// The same where the kernel, or a container's profile, has no `openat2`: paths are then walked by the engine.
    OldKernel,
}

impl Walls {
    pub(crate) const EACH: [Self; 3] = [Self::All, Self::WebAssembly, Self::OldKernel];

    /// Prepares a world for them.
    pub(crate) fn prepare(self, world: &Lifecycle) {
        if self != Self::All {
            let to = "[metadata]\nsandbox = \"off\"\n";
            world.edit_descriptor("[metadata]\n", to).unwrap();
        }
    }

    /// Does `work`, which starts the processes, where they hold.
    pub(crate) fn around<T: Send>(self, work: impl FnOnce() -> T + Send) -> T {
        if self != Self::OldKernel {
            return work();
        }
        kernel::without(&[libc::SYS_openat2], libc::ENOSYS, work).unwrap()
    }

    /// A build with this case, in the world as it is prepared.
    pub(crate) fn build(self, trial: &Trial, case: &str, prepare: impl Fn(&Lifecycle)) -> Run {
        let world = trial.world(case);
        self.prepare(&world);
        prepare(&world);
        let what = format!("{case}, {self:?}");
        self.around(|| trial.run_in(world, Phase::Build, &what))
    }
}

/// The lines that tell of tries, and how many of them there are at least.
#[track_caller]
pub(crate) fn tries(run: &Run, least: usize) -> Vec<String> {
    run.passed();
    let mut lines = run.lines();
    assert!(lines.contains(&"tried everything".to_owned()), "{lines:#?}");
    lines.retain(|line| line.ends_with(": ALLOWED") || line.contains(": denied: "));
    assert!(lines.len() >= least, "only {} tries", lines.len());
    lines
}

#[track_caller]
pub(crate) fn all_denied(run: &Run, least: usize) {
    let mut lines = tries(run, least);
    lines.retain(|line| !line.contains(": denied: "));
    assert_eq!(lines, [""; 0]);
}

#[track_caller]
pub(crate) fn all_allowed(run: &Run, least: usize) {
    let mut lines = tries(run, least);
    lines.retain(|line| !line.ends_with(": ALLOWED"));
    assert_eq!(lines, [""; 0]);
}

/// It ended neither well nor as undetected, by itself, and said these words.
#[track_caller]
pub(crate) fn fails(run: &Run, words: &[&str]) {
    let said = run.said();
    assert!(!matches!(run.ended.code, None | Some(0 | 100)), "{said}");
    for word in words {
        assert!(said.contains(word), "it doesn't say {word:?}: {said:.2000}");
    }
    assert!(!said.contains("could not do its part"), "{said:.2000}");
}
