//! Runs one guest with each of its cases, and checks the result.
//!
//! The expectations about one guest do not belong here.

use std::time::Duration;

use tempfile::TempDir;
use tests::lifecycle::{Ended, Lifecycle};
use tests::{app, folder};

/// The exit code of a fault that somebody outside the buildpack can fix.
pub(crate) const FIXABLE: i32 = 1;
/// The exit code of a fault in the buildpack.
pub(crate) const BUILDPACK: i32 = 70;

/// Each end of the guest or of its process has an exit code of its own.
pub(crate) const TRAP: i32 = 80;
pub(crate) const SHORT: i32 = 81;
pub(crate) const ENDED_ITSELF: i32 = 82;
pub(crate) const TIME: i32 = 83;
pub(crate) const FILE_SIZE: i32 = 86;
pub(crate) const LOG: i32 = 89;
pub(crate) const OUTPUT: i32 = 92;

/// The limit of any run, even on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);

/// A case of a guest, the id of its refusal, and what lies in the layers directory afterwards.
pub(crate) type Refused<'a> = (&'a str, &'a str, &'a [&'a str]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Detect,
    Build,
}

/// A buildpack with one guest, from which test environments are made.
pub(crate) struct Trial {
    name: &'static str,
    buildpack: TempDir,
}

impl Trial {
    pub(crate) fn of(name: &'static str) -> Self {
        let buildpack = package::trial::guest(name, package::trial::DESCRIPTOR).unwrap();
        Self { name, buildpack }
    }

    /// A buildpack with a component that the test made itself.
    pub(crate) fn of_component(name: &'static str, component: &[u8]) -> Self {
        let buildpack =
            package::trial::of_component(component, package::trial::DESCRIPTOR).unwrap();
        Self { name, buildpack }
    }

    /// A build environment with the sample application and this case.
    pub(crate) fn world(&self, case: &str) -> Lifecycle {
        let buildpack = self.buildpack.path().join("buildpack");
        let world = Lifecycle::with_app(&buildpack, &app::sample()).unwrap();
        world.platform_variable("CASE", case).unwrap();
        world
    }

    pub(crate) fn run(&self, phase: Phase, case: &str) -> Run {
        self.run_in(self.world(case), phase, case)
    }

    pub(crate) fn run_in(&self, world: Lifecycle, phase: Phase, case: &str) -> Run {
        Run::of(world, phase, format!("{phase:?} of {}, {case}", self.name))
    }

    /// Builds with each case: each is the buildpack's fault, refused with this id, and leaves no more than this.
    pub(crate) fn refuses(&self, cases: &[Refused<'_>]) {
        self.refuses_in(cases, |_| ());
    }

    /// Does the same as `refuses`, in environments that `prepare` changes first.
    pub(crate) fn refuses_in(&self, cases: &[Refused<'_>], prepare: impl Fn(&Lifecycle)) {
        self.refuses_with(BUILDPACK, cases, prepare);
    }

    /// Does the same as `refuses_in`, with another exit code.
    pub(crate) fn refuses_with(
        &self,
        code: i32,
        cases: &[Refused<'_>],
        prepare: impl Fn(&Lifecycle),
    ) {
        let mut problems = Vec::new();
        for (case, id, left) in cases {
            let world = self.world(case);
            prepare(&world);
            let run = self.run_in(world, Phase::Build, case);
            problems.extend(run.problems(Some(id), code));
            problems.extend(run.problems_with_layers(left));
        }
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    }

    /// The same for `returns_` guests, which leave nothing themselves: cases and ids.
    pub(crate) fn refuses_output(&self, cases: &[(&str, &str)]) {
        self.refuses_output_with(BUILDPACK, cases);
    }

    /// Does the same as `refuses_output`, with another exit code.
    pub(crate) fn refuses_output_with(&self, code: i32, cases: &[(&str, &str)]) {
        let cases: Vec<Refused<'_>> = cases
            .iter()
            .map(|(case, id)| (*case, *id, &[][..]))
            .collect();
        self.refuses_with(code, &cases, declare_job_template);
    }
}

/// Renames the declared source to that of the guests' contents. Its server does not exist: a host that sends a
/// request fails with another exit code.
fn declare_job_template(world: &Lifecycle) {
    let to = "[metadata.sources.job-template]";
    world
        .edit_descriptor("[metadata.sources.template]", to)
        .unwrap();
}

/// A phase that has ended, and its environment.
pub(crate) struct Run {
    pub(crate) world: Lifecycle,
    pub(crate) ended: Ended,
    what: String,
}

impl Run {
    pub(crate) fn of(world: Lifecycle, phase: Phase, what: String) -> Self {
        let app = folder::snapshot(&world.app_dir()).unwrap();
        let ended = match phase {
            Phase::Detect => world.detect(),
            Phase::Build => world.build(),
        };
        let ended = ended.unwrap_or_else(|error| panic!("{what}: {error:#}"));
        let after = folder::snapshot(&world.app_dir()).unwrap();
        assert_eq!(app, after, "{what}: the application has changed");
        Self { world, ended, what }
    }

    /// The output on one line, since messages are wrapped.
    pub(crate) fn said(&self) -> String {
        let output = self.ended.output();
        output.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The component's lines, without the mark that the host prints before them.
    pub(crate) fn lines(&self) -> Vec<String> {
        let output = self.ended.output();
        let lines = output
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line));
        let lines = lines.filter_map(|line| line.strip_prefix("| "));
        lines.map(str::to_owned).collect()
    }

    /// The paths in the layers directory.
    pub(crate) fn left(&self) -> Vec<String> {
        let layers_dir = self.world.layers_dir();
        let mut paths: Vec<std::path::PathBuf> = Vec::new();
        folder::walk(&layers_dir, &mut |path, _| {
            paths.push(path.strip_prefix(&layers_dir)?.to_owned());
            Ok(())
        })
        .unwrap();
        paths.sort();
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    /// Asserts that the phase passed, without any problem.
    #[track_caller]
    pub(crate) fn passed(&self) {
        let problems = self.problems(None, 0);
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    }

    /// Detect found nothing to do.
    #[track_caller]
    pub(crate) fn declined(&self) {
        let problems = self.problems(None, 100);
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    }

    /// The phase ended with this refusal and this status.
    #[track_caller]
    pub(crate) fn refused(&self, id: &str, status: i32) {
        let problems = self.problems(Some(id), status);
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    }

    fn problems(&self, id: Option<&str>, code: i32) -> Vec<String> {
        let (ended, said) = (&self.ended, self.said());
        let mut problems = Vec::new();
        if ended.code != Some(code) {
            let (code, signal) = (ended.code, ended.signal);
            problems.push(format!("it ended with {code:?}, signal {signal:?}"));
        }
        if ended.took > LONGEST {
            problems.push(format!("it took {:?}", ended.took));
        }
        let refusal = ended.refusal();
        if refusal.as_deref() != id {
            problems.push(format!("its refusal is {refusal:?}, not {id:?}"));
        }
        if said.contains("could not do its part") {
            problems.push("the test's guest could not do its part".to_owned());
        }
        if code != 0 && self.world.has_build_plan() {
            problems.push("there is a build plan".to_owned());
        }
        if let Some(line) = self.commanding() {
            problems.push(format!("a service of CI would obey {line:?}"));
        }
        if let Some(character) = self.steering() {
            problems.push(format!("it prints {character:?}"));
        }
        self.told(problems)
    }

    /// Finds a printed character that could steer a terminal or change the direction of text.
    fn steering(&self) -> Option<char> {
        let output = self.ended.output();
        output.chars().find(|c| {
            let direction = ['\u{200e}', '\u{200f}', '\u{61c}'].contains(c);
            let directions = ('\u{2028}'..='\u{202e}').contains(c);
            let isolates = ('\u{2066}'..='\u{2069}').contains(c);
            let unseen =
                "\u{ad}\u{200b}\u{200d}\u{2060}\u{115f}\u{3164}\u{fe0f}\u{feff}\u{e0041}\u{e0100}";
            c.is_control() && *c != '\n'
                || direction
                || directions
                || isolates
                || unseen.contains(*c)
        })
    }

    /// Finds a line that GitHub's or Azure's runner would obey: GitHub's trims a line and reads its start, and both
    /// search for brackets anywhere.
    fn commanding(&self) -> Option<String> {
        let output = self.ended.output();
        let mut lines = output.lines();
        let line = lines.find(|line| {
            let brackets = ["##[", "##vso["].iter().any(|start| line.contains(start));
            brackets || line.trim_start().starts_with("::")
        });
        line.map(str::to_owned)
    }

    fn problems_with_layers(&self, expected: &[&str]) -> Vec<String> {
        let left = self.left();
        if left == expected {
            return Vec::new();
        }
        self.told(vec![format!("{left:?} lie in the layers directory")])
    }

    /// Formats the problems with the case's name and the start of the output.
    fn told(&self, problems: Vec<String>) -> Vec<String> {
        if problems.is_empty() {
            return problems;
        }
        let output: String = self.ended.output().chars().take(2000).collect();
        vec![format!("{}: {}\n{output}", self.what, problems.join("; "))]
    }
}
