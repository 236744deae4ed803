//! The compiled components in a project's `target/compiled`: the tool uses those that it wrote for the same user, and no
//! others.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use package::arch::Arch;
use package::trial::DESCRIPTOR;

use crate::tool::Project;

/// The length of the mark at the beginning of a kept file, in bytes.
const MARK: usize = 32;

fn kept(project: &Project) -> PathBuf {
    let folder = project.dir().join("target/compiled");
    folder.join(Arch::here().unwrap().name())
}

fn artifact(project: &Project) -> Vec<u8> {
    fs::read(project.dir().join("target/buildpack/guest.cwasm")).unwrap()
}

#[test]
fn ones_own_compiled_component_is_taken_again() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    let user = tempfile::tempdir().unwrap();
    project.build_as(user.path()).ends_with(0);
    let (before, first) = (fs::metadata(kept(&project)).unwrap(), artifact(&project));
    project.build_as(user.path()).ends_with(0);
    // A component that is compiled anew is written to another file, which takes the name.
    let after = fs::metadata(kept(&project)).unwrap();
    assert_eq!(after.ino(), before.ino());
    assert!(artifact(&project) == first);
}

#[test]
fn a_compiled_component_that_another_user_kept_is_compiled_anew() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    let [user, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    project.build_as(other.path()).ends_with(0);
    let (foreign, first) = (fs::read(kept(&project)).unwrap(), artifact(&project));
    project.build_as(user.path()).ends_with(0);
    let own = fs::read(kept(&project)).unwrap();
    assert!(own[..MARK] != foreign[..MARK], "the foreign file was kept");
    assert!(own[MARK..] == first);
}

#[test]
fn a_file_that_no_tool_kept_is_not_taken_for_a_compiled_component() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    let user = tempfile::tempdir().unwrap();
    project.build_as(user.path()).ends_with(0);
    let (own, first) = (fs::read(kept(&project)).unwrap(), artifact(&project));
    let mut changed = own.clone();
    *changed.last_mut().unwrap() ^= 1;
    for foreign in [changed, first.clone(), Vec::new()] {
        fs::write(kept(&project), foreign).unwrap();
        project.build_as(user.path()).ends_with(0);
        assert!(fs::read(kept(&project)).unwrap() == own);
        assert!(artifact(&project) == first);
    }
}
