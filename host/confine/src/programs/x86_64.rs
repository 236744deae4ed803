//! Made by the tests of `calls.rs` from the lists there: the programs of this architecture. Do not edit it.
//! The comments have the place of each instruction, and the places to which a jump leads.

use seccompiler::sock_filter;

use super::{
    ALLOW, ARCH, END, FIRST, NUMBER, REFUSE, SECOND, THIRD, answer, at_least, has, is, keep, load,
};

/// A guest's process, which has the number `own`.
#[rustfmt::skip]
pub(crate) const fn guest(own: u32) -> [sock_filter; 88] {
    [
        /*   0 */ load(ARCH),
        /*   1 */ is(0xc000_003e, 1, 0), // 3 or 2
        /*   2 */ answer(END),
        /*   3 */ load(NUMBER),
        /*   4 */ at_least(186, 35, 0), // 40 or 5
        /*   5 */ at_least(39, 17, 0), // 23 or 6
        /*   6 */ at_least(16, 8, 0), // 15 or 7
        /*   7 */ at_least(5, 3, 0), // 11 or 8
        /*   8 */ at_least(3, 1, 0), // 10 or 9
        /*   9 */ at_least(2, 76, 75), // 86 or 85
        /*  10 */ at_least(4, 75, 74), // 86 or 85
        /*  11 */ at_least(8, 1, 0), // 13 or 12
        /*  12 */ at_least(6, 73, 72), // 86 or 85
        /*  13 */ at_least(9, 0, 71), // 14 or 85
        /*  14 */ at_least(11, 70, 60), // 85 or 75
        /*  15 */ at_least(26, 3, 0), // 19 or 16
        /*  16 */ at_least(21, 1, 0), // 18 or 17
        /*  17 */ at_least(17, 67, 68), // 85 or 86
        /*  18 */ at_least(24, 66, 67), // 85 or 86
        /*  19 */ at_least(29, 1, 0), // 21 or 20
        /*  20 */ at_least(28, 64, 65), // 85 or 86
        /*  21 */ at_least(35, 0, 64), // 22 or 86
        /*  22 */ at_least(36, 63, 62), // 86 or 85
        /*  23 */ at_least(73, 8, 0), // 32 or 24
        /*  24 */ at_least(44, 3, 0), // 28 or 25
        /*  25 */ at_least(41, 1, 0), // 27 or 26
        /*  26 */ at_least(40, 59, 58), // 86 or 85
        /*  27 */ at_least(42, 58, 59), // 86 or 87
        /*  28 */ at_least(60, 1, 0), // 30 or 29
        /*  29 */ at_least(46, 56, 55), // 86 or 85
        /*  30 */ at_least(61, 0, 54), // 31 or 85
        /*  31 */ at_least(72, 45, 54), // 77 or 86
        /*  32 */ at_least(78, 3, 0), // 36 or 33
        /*  33 */ at_least(76, 1, 0), // 35 or 34
        /*  34 */ at_least(74, 50, 51), // 85 or 86
        /*  35 */ at_least(77, 49, 50), // 85 or 86
        /*  36 */ at_least(132, 1, 0), // 38 or 37
        /*  37 */ at_least(131, 47, 48), // 85 or 86
        /*  38 */ at_least(138, 0, 47), // 39 or 86
        /*  39 */ at_least(139, 46, 45), // 86 or 85
        /*  40 */ at_least(234, 17, 0), // 58 or 41
        /*  41 */ at_least(218, 8, 0), // 50 or 42
        /*  42 */ at_least(202, 3, 0), // 46 or 43
        /*  43 */ at_least(200, 1, 0), // 45 or 44
        /*  44 */ at_least(187, 41, 40), // 86 or 85
        /*  45 */ at_least(201, 40, 37), // 86 or 83
        /*  46 */ at_least(204, 1, 0), // 48 or 47
        /*  47 */ at_least(203, 38, 37), // 86 or 85
        /*  48 */ at_least(205, 0, 36), // 49 or 85
        /*  49 */ at_least(217, 35, 36), // 85 or 86
        /*  50 */ at_least(222, 3, 0), // 54 or 51
        /*  51 */ at_least(220, 1, 0), // 53 or 52
        /*  52 */ at_least(219, 32, 33), // 85 or 86
        /*  53 */ at_least(221, 31, 32), // 85 or 86
        /*  54 */ at_least(229, 1, 0), // 56 or 55
        /*  55 */ at_least(228, 29, 30), // 85 or 86
        /*  56 */ at_least(230, 0, 29), // 57 or 86
        /*  57 */ at_least(232, 28, 27), // 86 or 85
        /*  58 */ at_least(297, 8, 0), // 67 or 59
        /*  59 */ at_least(262, 3, 0), // 63 or 60
        /*  60 */ at_least(257, 1, 0), // 62 or 61
        /*  61 */ at_least(235, 24, 21), // 86 or 83
        /*  62 */ at_least(259, 23, 22), // 86 or 85
        /*  63 */ at_least(280, 1, 0), // 65 or 64
        /*  64 */ at_least(268, 21, 20), // 86 or 85
        /*  65 */ at_least(281, 0, 21), // 66 or 87
        /*  66 */ at_least(295, 18, 19), // 85 or 86
        /*  67 */ at_least(319, 3, 0), // 71 or 68
        /*  68 */ at_least(317, 1, 0), // 70 or 69
        /*  69 */ at_least(316, 15, 16), // 85 or 86
        /*  70 */ at_least(318, 14, 15), // 85 or 86
        /*  71 */ at_least(333, 1, 0), // 73 or 72
        /*  72 */ at_least(332, 12, 13), // 85 or 86
        /*  73 */ at_least(437, 0, 12), // 74 or 86
        /*  74 */ at_least(438, 11, 10), // 86 or 85
        /*  75 */ load(THIRD),
        /*  76 */ has(4, 9, 8), // 86 or 85
        /*  77 */ load(SECOND),
        /*  78 */ is(1, 6, 0), // 85 or 79
        /*  79 */ is(2, 5, 0), // 85 or 80
        /*  80 */ is(3, 4, 0), // 85 or 81
        /*  81 */ is(4, 3, 0), // 85 or 82
        /*  82 */ is(1030, 2, 3), // 85 or 86
        /*  83 */ load(FIRST),
        /*  84 */ is(own, 0, 1), // 85 or 86
        /*  85 */ answer(ALLOW),
        /*  86 */ answer(END),
        /*  87 */ answer(REFUSE),
    ]
}

/// The host.
#[rustfmt::skip]
pub(crate) const fn host() -> [sock_filter; 53] {
    [
        /*   0 */ load(ARCH),
        /*   1 */ is(0xc000_003e, 1, 0), // 3 or 2
        /*   2 */ answer(END),
        /*   3 */ load(NUMBER),
        /*   4 */ keep(0xbfff_ffff),
        /*   5 */ at_least(299, 21, 0), // 27 or 6
        /*   6 */ at_least(155, 10, 0), // 17 or 7
        /*   7 */ at_least(59, 4, 0), // 12 or 8
        /*   8 */ at_least(11, 1, 0), // 10 or 9
        /*   9 */ at_least(9, 39, 41), // 49 or 51
        /*  10 */ at_least(30, 0, 40), // 11 or 51
        /*  11 */ at_least(31, 39, 40), // 51 or 52
        /*  12 */ at_least(102, 2, 0), // 15 or 13
        /*  13 */ at_least(60, 0, 38), // 14 or 52
        /*  14 */ at_least(101, 37, 36), // 52 or 51
        /*  15 */ at_least(135, 0, 35), // 16 or 51
        /*  16 */ at_least(136, 34, 35), // 51 or 52
        /*  17 */ at_least(167, 4, 0), // 22 or 18
        /*  18 */ at_least(161, 1, 0), // 20 or 19
        /*  19 */ at_least(156, 31, 32), // 51 or 52
        /*  20 */ at_least(162, 0, 31), // 21 or 52
        /*  21 */ at_least(165, 30, 29), // 52 or 51
        /*  22 */ at_least(272, 2, 0), // 25 or 23
        /*  23 */ at_least(248, 0, 27), // 24 or 51
        /*  24 */ at_least(251, 26, 27), // 51 or 52
        /*  25 */ at_least(273, 0, 26), // 26 or 52
        /*  26 */ at_least(298, 25, 24), // 52 or 51
        /*  27 */ at_least(425, 10, 0), // 38 or 28
        /*  28 */ at_least(319, 4, 0), // 33 or 29
        /*  29 */ at_least(309, 1, 0), // 31 or 30
        /*  30 */ at_least(308, 21, 20), // 52 or 51
        /*  31 */ at_least(310, 0, 19), // 32 or 51
        /*  32 */ at_least(313, 18, 19), // 51 or 52
        /*  33 */ at_least(324, 2, 0), // 36 or 34
        /*  34 */ at_least(320, 0, 17), // 35 or 52
        /*  35 */ at_least(321, 16, 15), // 52 or 51
        /*  36 */ at_least(329, 0, 14), // 37 or 51
        /*  37 */ at_least(330, 13, 14), // 51 or 52
        /*  38 */ at_least(520, 5, 0), // 44 or 39
        /*  39 */ at_least(435, 2, 0), // 42 or 40
        /*  40 */ at_least(426, 0, 11), // 41 or 52
        /*  41 */ at_least(434, 10, 9), // 52 or 51
        /*  42 */ at_least(438, 0, 8), // 43 or 51
        /*  43 */ at_least(439, 7, 8), // 51 or 52
        /*  44 */ at_least(541, 2, 0), // 47 or 45
        /*  45 */ at_least(522, 0, 6), // 46 or 52
        /*  46 */ at_least(539, 5, 4), // 52 or 51
        /*  47 */ at_least(545, 0, 3), // 48 or 51
        /*  48 */ at_least(546, 2, 3), // 51 or 52
        /*  49 */ load(THIRD),
        /*  50 */ has(4, 1, 0), // 52 or 51
        /*  51 */ answer(ALLOW),
        /*  52 */ answer(REFUSE),
    ]
}
