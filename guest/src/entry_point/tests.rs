//! Tests modules with a `run`, modules without one, and undecided ones.

use alloc::format;
use alloc::string::String;

use super::*;

#[test]
fn a_module_that_binds_run_is_let_pass() {
    for valid in [
        "def run(data, params):\n    return 1",
        "def  run ( data, params ) -> dict :\n\treturn 1",
        "def run(data,\n        params):\n    return 1",
        "def run[T](data: T) -> T: return data",
        "\"\"\"Docstring.\"\"\"\nimport os\n\ndef run(): pass",
        "import os\r\n\r\ndef run():\r\n\tpass\r\n",
        "def other():\r    pass\rdef run():\r    pass",
        "@decorator\n@other(a=1)\ndef run(): pass",
        "class run:\n    pass",
        "def other():\n    pass\n\ndef run():\n    pass",
        "class Job:\n    def other(self):\n        pass\ndef run(): pass",
        "run = other",
        "run=lambda data, params: data",
        "run: Callable[..., dict] = other",
        "main = run = other",
        "run = main = other",
        "run, stop = other",
        "(stop, run) = other",
        "[stop, *run] = other",
        "a = 1; run = 2",
        "import run",
        "import run.inner",
        "import os, module as run",
        "from module import run",
        "from . import run",
        "from .module import other, run",
        "from .module import other as run",
        "from module import (\n    other,\n    run,\n)",
        "from module import (  # run\n    other as run  # noqa\n)",
        "from module import \\\n    run",
        "from module import stop; from module import run",
        "def \\\n  run(): pass",
        "if (run := other):\n    pass",
        "print(run := 1)",
    ] {
        assert_eq!(judge(valid), Run::Possible, "{valid}");
    }
}

#[test]
fn a_module_that_binds_run_under_a_condition_is_let_pass() {
    for valid in [
        "if a:\n    def run(): pass\nelse:\n    pass",
        "if a:\n    pass\nelse:\n    def run(): pass",
        "if a:\n\tif b:\n\t\trun = 1",
        "if a: run = 1",
        "try:\n    from module import run\nexcept ImportError:\n    pass",
        "try: from module import run\nexcept ImportError: pass",
        "try:\n    pass\nfinally:\n    run = 1",
        "while a:\n    run = 1",
        "with a:\n    def run(): pass",
        "with a as run: pass",
        "with a as b, (c) as run: pass",
        "for run in a: pass",
        "for a, run in b:\n    pass",
        "for a in b: run = a",
        "match a:\n    case 1:\n        run = 1",
        "match a:\n    case run:\n        pass",
        "async with a as run: pass",
        "if a[1:2]: run = 1",
    ] {
        assert_eq!(judge(valid), Run::Possible, "{valid}");
    }
}

#[test]
fn a_module_of_which_nothing_can_be_said_is_let_pass() {
    for unclear in [
        "from module import *",
        "from module import (*)",
        "try:\n    from module import *\nexcept ImportError:\n    pass",
        "globals()['run'] = other",
        "setattr(sys.modules[__name__], 'run', other)",
        "exec(source)",
        "def setup():\n    global run\n    run = 1",
        "def setup(): global a, run; run = 1",
        "def __getattr__(name): pass",
        "__getattr__ = other(__name__)",
        "from module import __getattr__",
        "print(",
        "print)",
        "text = '''\ndef other(): pass",
        "text = '\ndef other(): pass",
    ] {
        assert_eq!(judge(unclear), Run::Possible, "{unclear}");
    }
}

#[test]
fn a_run_that_is_only_a_coroutine_is_told() {
    for invalid in [
        "async def run(): pass",
        "import asyncio\n\nasync def run(data):\n    return await other(data)\n\nasyncio.run(run(1))\n",
        "if a:\n    async def run(): pass\nelse:\n    async def run(b): pass",
        "@decorator\ndef other(): pass\n\nasync def run(): pass",
        "async def run(): pass\n\nclass Job:\n    def run(self): pass",
    ] {
        assert_eq!(judge(invalid), Run::Coroutine, "{invalid}");
    }
    for valid in [
        "@decorator\nasync def run(): pass",
        "@decorator(\n    1\n)\n# more\n\nasync def run(): pass",
        "async def run(): pass\nrun = other(run)",
        "async def run(): pass\ndef run(): pass",
        "try:\n    from module import run\nexcept ImportError:\n    async def run(): pass",
        "async def run(): pass\nglobals()['run'] = other",
        "async def run(): pass\nfrom module import *",
        "async def run(): pass\nprint(",
    ] {
        assert_eq!(judge(valid), Run::Possible, "{valid}");
    }
    for neither in [
        "async def other():\n    def run(): pass",
        "async def other(): pass",
    ] {
        assert_eq!(judge(neither), Run::Missing, "{neither}");
    }
}

#[test]
fn a_module_without_run_is_told() {
    for invalid in [
        "",
        "\n\n# nothing\n",
        "print('run')",
        "def main(data, params): pass",
        "def Run(): pass",
        "def run_job(): pass",
        "def rerun(): pass",
        "run()",
        "run",
        "result = run",
        "result = run(data)",
        "other(run=1)",
        "result = other(run=1)",
        "run == 1",
        "if run == 1: pass",
        "if __name__ == '__main__':\n    run()",
        "if run: result = 1",
        "for a in run: pass",
        "for a in run():\n    pass",
        "job.run = other",
        "run.limit = 3",
        "run['a'] = 3",
        "run(1)[0] = 3",
        "import os",
        "import other.run",
        "import run as other",
        "from run import other",
        "from module import run as other",
        "from module import (\n    run as other,\n    stop,\n)",
        "from module import rerun, run_all",
    ] {
        assert_eq!(judge(invalid), Run::Missing, "{invalid}");
    }
}

#[test]
fn a_run_that_is_not_the_modules_own_does_not_count() {
    for invalid in [
        "class Job:\n    def run(self): pass",
        "class Job:\n\tdef run(self): pass",
        "class Job:\n    run = 1",
        "class Job:\n    def __getattr__(self, name): pass",
        "class Job: run = 1",
        "class Job:\n    @staticmethod\n    def run(): pass\n\n    async def run(self): pass",
        "class Job:\n    if a:\n        def run(self): pass",
        "def main():\n    def run(): pass\n    return run()",
        "def main():\n    run = 1",
        "def main():\n    from module import run",
        "def main(): run = 1",
        "async def main():\n    run = 1",
        "if a:\n    class Job:\n        def run(self): pass",
        "if a:\n    class Job:\n        pass\n\n        def run(self): pass",
    ] {
        assert_eq!(judge(invalid), Run::Missing, "{invalid}");
    }
}

#[test]
fn a_run_in_a_text_or_a_comment_does_not_count() {
    for invalid in [
        "# def run(): pass",
        "'''\ndef run(): pass\n'''",
        "\"\"\"\nUsage:\n\ndef run(data):\n    ...\n\"\"\"\n",
        "text = 'def run(): pass'",
        "text = r\"\"\"\\\"\"\"\ndef run(): pass\n\"\"\"",
        "text = 'a \\\ndef run(): pass'",
        "text = f'{a}'  # run = 1",
        "text = (\n'''\nrun = 1\n'''\n)",
    ] {
        assert_eq!(judge(invalid), Run::Missing, "{invalid}");
    }
}

#[test]
fn a_large_or_odd_source_is_read_to_its_end() {
    let deep = format!("{}{}", "(".repeat(100_000), ")".repeat(100_000));
    let wide = format!("data = [{}]\n", "1,".repeat(200_000));
    let indented = |depth| " ".repeat(depth) + "class A:\n";
    let nested: String = (0..500).map(indented).collect();
    for source in [&deep, &wide, &nested] {
        assert_eq!(judge(source), Run::Missing);
        assert_eq!(judge(&format!("{source}\nrun = 1")), Run::Possible);
    }
    assert_eq!(judge("\0\u{fffd}\u{2028}run\u{200b}"), Run::Possible);
}
