//! Tests kernels and file systems without an optional system call: the host still makes a layer there.

use tests::folder::{Entry, paths};
use tests::kernel;

use crate::world::World;

/// The files of a build on this kernel, where no system call is missing.
fn whole() -> Vec<Entry> {
    let world = World::sample();
    world.build();
    world.layers()
}

#[track_caller]
fn assert_made(world: &World) {
    assert_eq!(paths(&world.layers()), paths(&whole()));
    assert!(
        world
            .layer_file("job-template/job-template/app/__main__.py")
            .contains("Job")
    );
}

#[test]
fn a_layer_is_made_where_nothing_can_be_moved_to_another_directory() {
    let world = World::sample();
    kernel::without_moves_between_directories(|| world.build()).unwrap();
    assert_made(&world);
    // A rebuild moves nothing either, though the layer's directory exists then.
    kernel::without_moves_between_directories(|| world.build()).unwrap();
    assert_made(&world);
}

#[test]
fn a_layer_is_made_on_a_file_system_that_takes_no_flags_of_a_rename() {
    let world = World::sample();
    kernel::without(&[libc::SYS_renameat2], libc::EINVAL, || world.build()).unwrap();
    assert_made(&world);
}
