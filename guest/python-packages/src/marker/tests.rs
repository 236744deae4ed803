//! Tests values of markers, and each refusal. The table was compared with the library `packaging` of Python.

use proptest::prelude::*;

use super::*;
use crate::platform::tests::platform;

fn hold(marker: &str) -> bool {
    let platform = platform();
    let markers = Markers::new(&platform).with_lists(Selection {
        extras: BTreeSet::new(),
        groups: ["default".parse().unwrap()].into(),
    });
    markers.hold(Some(marker)).unwrap()
}

#[test]
fn markers_compare_with_the_platform_of_the_image() {
    for (marker, expected) in [
        ("sys_platform == 'linux'", true),
        ("sys_platform == 'win32' or os_name == \"nt\"", false),
        (
            "python_version < '3.13' and python_full_version >= '3.12.4'",
            true,
        ),
        ("python_version < '3.9'", false),
        ("python_version >= '3.10.0'", true),
        ("python_version == '3.12.*'", true),
        ("python_version ~= '3.10'", true),
        ("python_full_version < '3.12.4'", false),
        ("python_full_version > '3.12'", true),
        ("python_version === '3.12'", true),
        ("'3.9' <= python_version", true),
        ("python_version in '3.11 3.12'", true),
        ("python_version not in '3.11, 3.12'", false),
        ("implementation_version == '3.12.4+local'", false),
        (
            "(platform_machine == 'x86_64' or platform_machine == 'arm64') and sys_platform != 'darwin'",
            true,
        ),
        (
            "platform_python_implementation != 'PyPy' and implementation_name == 'cpython'",
            true,
        ),
        (
            "os_name == 'nt' and os_name == 'nt' or sys_platform == 'linux'",
            true,
        ),
        (
            "os_name == 'nt' and (os_name == 'nt' or sys_platform == 'linux')",
            false,
        ),
        ("extra == 'socks'", false),
        ("extra != 'socks'", true),
        ("'linux' in sys_platform", true),
        ("'win' not in sys_platform", true),
        ("sys_platform < 'm'", false),
        ("sys_platform <= 'linux'", true),
        ("platform_release >= '5'", false),
        ("platform_system=='Linux'and os_name=='posix'", true),
    ] {
        assert_eq!(hold(marker), expected, "{marker}");
    }
    let platform = platform();
    assert!(Markers::new(&platform).hold(None).unwrap());
}

#[test]
fn chosen_extras_and_groups_are_members_of_the_lists() {
    let platform = platform();
    let markers = Markers::new(&platform).with_lists(Selection {
        extras: ["plot".parse().unwrap()].into(),
        groups: ["dev".parse().unwrap()].into(),
    });
    for (marker, expected) in [
        ("'Plot' in extras and 'dev' in dependency_groups", true),
        ("'dev' in extras or 'plot' in dependency_groups", false),
        ("'plot' not in extras", false),
        ("extra == 'plot'", false),
    ] {
        assert_eq!(markers.hold(Some(marker)).unwrap(), expected, "{marker}");
    }
}

#[test]
fn the_variable_extra_is_equal_to_each_value_that_it_has() {
    let platform = platform();
    let values = ["extra-3-job-old", "group-3-job-before"].map(str::to_owned);
    let markers = Markers::new(&platform).with_extra(values.into());
    for (marker, expected) in [
        ("extra == 'extra-3-job-old'", true),
        ("'group-3-job-before' == extra", true),
        ("extra != 'extra-3-job-old'", false),
        ("extra == 'extra-3-job-new'", false),
        ("extra != 'extra-3-job-new'", true),
        ("extra in 'extra-3-job-old'", true),
        ("python_version == 'extra-3-job-old'", false),
    ] {
        assert_eq!(markers.hold(Some(marker)).unwrap(), expected, "{marker}");
    }
}

#[test]
fn only_the_default_groups_are_installed_and_no_extras() {
    for (marker, expected) in [
        ("\"default\" in dependency_groups", true),
        ("'Default' in dependency_groups", true),
        ("\"dev\" in dependency_groups", false),
        ("\"dev\" not in dependency_groups", true),
        ("'default' in extras", false),
        ("'plot' not in extras", true),
        ("'' in extras", false),
        (
            "\"default\" in dependency_groups and python_version >= \"3.13\"",
            false,
        ),
        (
            "(\"default\" in dependency_groups or 'plot' in extras) and sys_platform=='linux'",
            true,
        ),
    ] {
        assert_eq!(hold(marker), expected, "{marker}");
    }
}

#[test]
fn what_is_no_marker_is_refused_with_a_reason() {
    let platform = platform();
    let markers = Markers::new(&platform);
    for (marker, why) in [
        (
            "python == '3'",
            "a variable was expected, and 'python' was found",
        ),
        ("sys_platform == 'linux", "a variable or a text"),
        (
            "sys_platform = 'linux'",
            "an operator was expected, and '=' was found",
        ),
        ("sys_platform not 'linux'", "an operator"),
        ("", "the end was found"),
        ("(os_name == 'nt'", "')' was expected, and the end"),
        (
            "os_name == 'nt' os_name",
            "the end, 'and' or 'or' was expected",
        ),
        ("os_name == 'nt' or", "the end was found"),
        ("os_name == sys_platform", "two of the same kind"),
        ("'a' == 'a'", "two of the same kind"),
        ("sys_platform ~= 'linux'", "'~=' compares texts"),
        ("'a' == extras", "'==' compares texts"),
        (
            "extras == 'a'",
            "a variable was expected, and 'extras' was found",
        ),
    ] {
        let error = markers.hold(Some(marker)).unwrap_err().to_string();
        assert!(error.contains(why), "{marker}: {error}");
    }
}

#[test]
fn long_deep_and_foreign_texts_are_refused() {
    let platform = platform();
    let markers = Markers::new(&platform);
    let deep = |depth: usize| {
        format!(
            "{}os_name == 'posix'{}",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert!(markers.hold(Some(&deep(DEEPEST))).unwrap());
    let beside = vec![deep(DEEPEST); 40].join(" and ");
    assert!(markers.hold(Some(&beside)).unwrap());
    for marker in [
        deep(DEEPEST + 1),
        "os_name == 'é'".to_owned(),
        " ".repeat(LONGEST + 1),
    ] {
        assert!(matches!(
            markers.hold(Some(&marker)),
            Err(MarkerError::Limit)
        ));
    }
}

#[test]
fn one_of_several_markers_is_enough() {
    let platform = platform();
    let markers = Markers::new(&platform);
    let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(markers.hold_any(&[]).unwrap());
    assert!(
        markers
            .hold_any(&list(&["os_name == 'nt'", "os_name == 'posix'"]))
            .unwrap()
    );
    assert!(!markers.hold_any(&list(&["os_name == 'nt'"])).unwrap());
    assert!(
        markers
            .hold_any(&list(&["os_name == 'posix'", "broken"]))
            .is_err()
    );
}

proptest! {
    #[test]
    fn no_marker_causes_a_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "python_version", "sys_platform", "extra", "extras", "dependency_groups", "in", "not", "and", "or",
                "(", ")", "==", "!=", "~=", "===", "<", ">=", "'3.12'", "'3.*'", "'linux'", "'a b'", "''", "'", "\"",
                "implementation_version", "platform_machine", "'1!2.0.post1+a.b'", "'default'", "é",
            ]),
            0..14,
        ),
    ) {
        let platform = platform();
        let markers = Markers::new(&platform);
        drop(markers.hold(Some(&pieces.join(" "))));
        drop(markers.hold(Some(&pieces.concat())));
    }
}
