//! Made by the tests of `calls.rs` from the lists there: the programs of this architecture. Do not edit it.
//! The comments have the place of each instruction, and the places to which a jump leads.

use seccompiler::sock_filter;

use super::{
    ALLOW, ARCH, END, FIRST, NUMBER, REFUSE, SECOND, THIRD, answer, at_least, has, is, load,
};

/// A guest's process, which has the number `own`.
#[rustfmt::skip]
pub(crate) const fn guest(own: u32) -> [sock_filter; 81] {
    [
        /*   0 */ load(ARCH),
        /*   1 */ is(0xc000_00b7, 1, 0), // 3 or 2
        /*   2 */ answer(END),
        /*   3 */ load(NUMBER),
        /*   4 */ at_least(129, 31, 0), // 36 or 5
        /*   5 */ at_least(84, 15, 0), // 21 or 6
        /*   6 */ at_least(47, 7, 0), // 14 or 7
        /*   7 */ at_least(39, 3, 0), // 11 or 8
        /*   8 */ at_least(26, 1, 0), // 10 or 9
        /*   9 */ at_least(25, 58, 68), // 68 or 78
        /*  10 */ at_least(34, 68, 67), // 79 or 78
        /*  11 */ at_least(45, 1, 0), // 13 or 12
        /*  12 */ at_least(44, 66, 65), // 79 or 78
        /*  13 */ at_least(46, 65, 64), // 79 or 78
        /*  14 */ at_least(71, 3, 0), // 18 or 15
        /*  15 */ at_least(58, 1, 0), // 17 or 16
        /*  16 */ at_least(56, 62, 61), // 79 or 78
        /*  17 */ at_least(61, 61, 60), // 79 or 78
        /*  18 */ at_least(81, 1, 0), // 20 or 19
        /*  19 */ at_least(78, 59, 58), // 79 or 78
        /*  20 */ at_least(82, 58, 57), // 79 or 78
        /*  21 */ at_least(102, 7, 0), // 29 or 22
        /*  22 */ at_least(95, 3, 0), // 26 or 23
        /*  23 */ at_least(89, 1, 0), // 25 or 24
        /*  24 */ at_least(88, 55, 53), // 80 or 78
        /*  25 */ at_least(93, 53, 52), // 79 or 78
        /*  26 */ at_least(99, 1, 0), // 28 or 27
        /*  27 */ at_least(98, 51, 50), // 79 or 78
        /*  28 */ at_least(101, 50, 49), // 79 or 78
        /*  29 */ at_least(116, 3, 0), // 33 or 30
        /*  30 */ at_least(114, 1, 0), // 32 or 31
        /*  31 */ at_least(113, 47, 46), // 79 or 78
        /*  32 */ at_least(115, 46, 45), // 79 or 78
        /*  33 */ at_least(125, 1, 0), // 35 or 34
        /*  34 */ at_least(123, 44, 43), // 79 or 78
        /*  35 */ at_least(128, 43, 42), // 79 or 78
        /*  36 */ at_least(214, 15, 0), // 52 or 37
        /*  37 */ at_least(172, 7, 0), // 45 or 38
        /*  38 */ at_least(134, 3, 0), // 42 or 39
        /*  39 */ at_least(132, 1, 0), // 41 or 40
        /*  40 */ at_least(130, 33, 37), // 74 or 78
        /*  41 */ at_least(133, 36, 37), // 78 or 79
        /*  42 */ at_least(139, 1, 0), // 44 or 43
        /*  43 */ at_least(136, 34, 35), // 78 or 79
        /*  44 */ at_least(140, 33, 34), // 78 or 79
        /*  45 */ at_least(198, 3, 0), // 49 or 46
        /*  46 */ at_least(178, 1, 0), // 48 or 47
        /*  47 */ at_least(173, 30, 31), // 78 or 79
        /*  48 */ at_least(179, 29, 30), // 78 or 79
        /*  49 */ at_least(206, 1, 0), // 51 or 50
        /*  50 */ at_least(199, 27, 29), // 78 or 80
        /*  51 */ at_least(208, 26, 27), // 78 or 79
        /*  52 */ at_least(234, 7, 0), // 60 or 53
        /*  53 */ at_least(224, 3, 0), // 57 or 54
        /*  54 */ at_least(222, 1, 0), // 56 or 55
        /*  55 */ at_least(217, 22, 23), // 78 or 79
        /*  56 */ at_least(223, 22, 19), // 79 or 76
        /*  57 */ at_least(227, 1, 0), // 59 or 58
        /*  58 */ at_least(226, 17, 19), // 76 or 78
        /*  59 */ at_least(233, 19, 18), // 79 or 78
        /*  60 */ at_least(279, 3, 0), // 64 or 61
        /*  61 */ at_least(277, 1, 0), // 63 or 62
        /*  62 */ at_least(276, 16, 15), // 79 or 78
        /*  63 */ at_least(278, 15, 14), // 79 or 78
        /*  64 */ at_least(292, 1, 0), // 66 or 65
        /*  65 */ at_least(291, 13, 12), // 79 or 78
        /*  66 */ at_least(437, 0, 11), // 67 or 78
        /*  67 */ at_least(438, 10, 11), // 78 or 79
        /*  68 */ load(SECOND),
        /*  69 */ is(1, 9, 0), // 79 or 70
        /*  70 */ is(2, 8, 0), // 79 or 71
        /*  71 */ is(3, 7, 0), // 79 or 72
        /*  72 */ is(4, 6, 0), // 79 or 73
        /*  73 */ is(1030, 5, 4), // 79 or 78
        /*  74 */ load(FIRST),
        /*  75 */ is(own, 3, 2), // 79 or 78
        /*  76 */ load(THIRD),
        /*  77 */ has(4, 0, 1), // 78 or 79
        /*  78 */ answer(END),
        /*  79 */ answer(ALLOW),
        /*  80 */ answer(REFUSE),
    ]
}

/// The host.
#[rustfmt::skip]
pub(crate) const fn host() -> [sock_filter; 43] {
    [
        /*   0 */ load(ARCH),
        /*   1 */ is(0xc000_00b7, 1, 0), // 3 or 2
        /*   2 */ answer(END),
        /*   3 */ load(NUMBER),
        /*   4 */ at_least(226, 17, 0), // 22 or 5
        /*   5 */ at_least(117, 8, 0), // 14 or 6
        /*   6 */ at_least(52, 3, 0), // 10 or 7
        /*   7 */ at_least(42, 1, 0), // 9 or 8
        /*   8 */ at_least(39, 33, 32), // 42 or 41
        /*   9 */ at_least(51, 32, 31), // 42 or 41
        /*  10 */ at_least(93, 1, 0), // 12 or 11
        /*  11 */ at_least(92, 30, 29), // 42 or 41
        /*  12 */ at_least(97, 0, 28), // 13 or 41
        /*  13 */ at_least(98, 27, 28), // 41 or 42
        /*  14 */ at_least(217, 3, 0), // 18 or 15
        /*  15 */ at_least(196, 1, 0), // 17 or 16
        /*  16 */ at_least(118, 24, 25), // 41 or 42
        /*  17 */ at_least(197, 23, 24), // 41 or 42
        /*  18 */ at_least(221, 1, 0), // 20 or 19
        /*  19 */ at_least(220, 21, 22), // 41 or 42
        /*  20 */ at_least(222, 0, 21), // 21 or 42
        /*  21 */ at_least(223, 19, 17), // 41 or 39
        /*  22 */ at_least(283, 8, 0), // 31 or 23
        /*  23 */ at_least(268, 3, 0), // 27 or 24
        /*  24 */ at_least(241, 1, 0), // 26 or 25
        /*  25 */ at_least(227, 15, 13), // 41 or 39
        /*  26 */ at_least(242, 14, 15), // 41 or 42
        /*  27 */ at_least(270, 1, 0), // 29 or 28
        /*  28 */ at_least(269, 12, 13), // 41 or 42
        /*  29 */ at_least(273, 0, 12), // 30 or 42
        /*  30 */ at_least(279, 11, 10), // 42 or 41
        /*  31 */ at_least(426, 3, 0), // 35 or 32
        /*  32 */ at_least(289, 1, 0), // 34 or 33
        /*  33 */ at_least(288, 8, 7), // 42 or 41
        /*  34 */ at_least(425, 7, 6), // 42 or 41
        /*  35 */ at_least(435, 1, 0), // 37 or 36
        /*  36 */ at_least(434, 5, 4), // 42 or 41
        /*  37 */ at_least(438, 0, 3), // 38 or 41
        /*  38 */ at_least(439, 2, 3), // 41 or 42
        /*  39 */ load(THIRD),
        /*  40 */ has(4, 1, 0), // 42 or 41
        /*  41 */ answer(ALLOW),
        /*  42 */ answer(REFUSE),
    ]
}
