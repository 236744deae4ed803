//! Turns off layers of the sandbox to test the remaining ones, and evaluates a guest's attempts.
//!
//! The attempts of one guest do not belong here.

use tests::kernel;
use tests::lifecycle::Lifecycle;

use crate::trial::{Phase, Run, Trial};

/// The layers of the sandbox that are active. WebAssembly alone shows holes of the engine that the kernel would hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walls {
    /// All layers, as shipped.
    All,
    /// Without Landlock and seccomp.
    WebAssembly,
    /// Without Landlock, seccomp and `openat2`, which a kernel or a container's profile may lack: then the engine
    /// resolves paths itself.
    OldKernel,
}

impl Walls {
    pub(crate) const EACH: [Self; 3] = [Self::All, Self::WebAssembly, Self::OldKernel];

    /// Turns off the kernel's sandbox in the descriptor, if needed.
    pub(crate) fn prepare(self, world: &Lifecycle) {
        if self != Self::All {
            let to = "[metadata]\nsandbox = \"off\"\n";
            world.edit_descriptor("[metadata]\n", to).unwrap();
        }
    }

    /// Runs `work`, which starts the processes, without the system calls that this variant lacks.
    pub(crate) fn around<T: Send>(self, work: impl FnOnce() -> T + Send) -> T {
        if self != Self::OldKernel {
            return work();
        }
        kernel::without(&[libc::SYS_openat2], libc::ENOSYS, work).unwrap()
    }

    /// Builds with this case in an environment that `prepare` changes first.
    pub(crate) fn build(self, trial: &Trial, case: &str, prepare: impl Fn(&Lifecycle)) -> Run {
        let world = trial.world(case);
        self.prepare(&world);
        prepare(&world);
        let what = format!("{case}, {self:?}");
        self.around(|| trial.run_in(world, Phase::Build, &what))
    }
}

/// The lines about attempts, of which there must be at least `least`.
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

/// It ended neither well nor as undetected, by itself, with this refusal.
#[track_caller]
pub(crate) fn fails(run: &Run, id: &str) {
    let said = run.said();
    assert!(!matches!(run.ended.code, None | Some(0 | 100)), "{said}");
    assert_eq!(run.ended.refusal().as_deref(), Some(id), "{said:.2000}");
    assert!(!said.contains("could not do its part"), "{said:.2000}");
}
