"""Tests the kit for Python natively."""

import unittest
from types import ModuleType

from kit import (
    ApplicationFailure,
    Buildpack,
    Built,
    Content,
    Env,
    ExecD,
    Fail,
    IndexedPackage,
    IndexedPackages,
    Layer,
    Pass,
    Plan,
    PlanEntry,
    Process,
    Requirement,
    SourceFile,
    log,
    lower,
)
from kit.chosen import chosen
from kit.testing import Sample, _Records


def returning(result: object) -> Buildpack:
    """A buildpack whose methods return this."""

    class Returning(Buildpack):
        def detect(self, ctx):
            return result

        def build(self, ctx):
            return result

    return Returning()


class TestResults(unittest.TestCase):
    def fails(self, result: object, text: str, phase: str = "build") -> None:
        with Sample({}) as sample, self.assertRaises((TypeError, ValueError)) as caught:
            getattr(sample, phase)(returning(result))
        self.assertEqual(str(caught.exception), text)

    def test_every_field_is_converted(self) -> None:
        packages = IndexedPackages([IndexedPackage("a-b", ["0" * 64, "1" * 64])], ["py3-none-any"])
        layer = Layer(
            "tools",
            launch=True,
            metadata={"version": "1"},
            contents=[
                Content("source", "into", SourceFile("a.tar.gz", "0" * 64, "tar-gz", 1)),
                Content("source", "into", packages=packages),
                Content("source", "into"),
            ],
            env=[Env("A", "b", "append", "launch", "web", ":")],
            exec_d=[ExecD("program", b"#!/bin/sh\n")],
            executables=["bin/tool"],
        )
        built = Built([layer], [Process("web", ["a"], ["b"])], {"key": "value"}, [["*.py"]], ["unmet"], {"n": 1})
        passed = Pass(["a"], [Requirement("a", {"b": 1})], [Plan()])
        # The stand-in for the contract's records has a tuple for each of them.
        contents = lower.output(_Records(), built)[0][0][3]
        file = ("a.tar.gz", "0" * 64, _Records.Unpack.TAR_GZ, 1)
        indexed = ([("a-b", ["0" * 64, "1" * 64])], ["py3-none-any"])
        self.assertEqual([part for _, _, part in contents], [(file,), (indexed,), None])
        with Sample({}) as sample:
            self.assertIs(sample.build(returning(built)), built)
            self.assertIs(sample.detect(returning(passed)), passed)
            self.assertEqual(sample.detect(returning(Fail("reason"))), Fail("reason"))

    def test_a_value_of_another_type_is_named(self) -> None:
        self.fails(None, "'build' must return Built(…), but it returned None")
        self.fails(True, "'detect' must return Pass(…) or Fail(reason), but it returned a value of type 'bool'", "detect")
        command = Process("web", "bash")
        self.fails(
            Built(processes=[command]),
            "command of process 'web' must be of type 'list' or 'tuple', but it is a value of type 'str'",
        )
        self.fails(
            Built(labels={"key": 1}),
            "Built.labels['key'] must be of type 'str', but it is a value of type 'int'",
        )
        self.fails(
            Built(layers=[Layer("a", env=[Env("A", "b", "replace")])]),
            "mode of variable 'A' must be one of 'append', 'default', 'override', 'prepend', but it is 'replace'",
        )
        self.fails(
            Built(layers=[Layer("a", contents=[Content("b", "c", packages=IndexedPackages([IndexedPackage("d", "e")], []))])]),
            "IndexedPackage.sha256 must be of type 'list' or 'tuple', but it is a value of type 'str'",
        )
        self.fails(
            Built(layers=[Layer("a", contents=[Content("b", "c", IndexedPackages([], []))])]),
            "Content.file of layer 'a' must be of type 'SourceFile', but it is a value of type 'IndexedPackages'",
        )
        both = Content("b", "c", SourceFile("d", "0" * 64), IndexedPackages([], []))
        self.fails(
            Built(layers=[Layer("a", contents=[both])]),
            "a content of layer 'a' must have a file or packages, but it has both",
        )
        self.fails(
            Built(store={"a": {1, 2}}),
            "Built.store can't be expressed in JSON: Object of type set is not JSON serializable",
        )


class TestChoice(unittest.TestCase):
    """The author's class is found while the component is made, so a fault of it is known before any phase."""

    def module(self, **content: object) -> ModuleType:
        module = ModuleType("buildpack")
        vars(module).update(content, Buildpack=Buildpack, Fail=Fail)
        return module

    def fails(self, text: str, **content: object) -> None:
        with self.assertRaises(ImportError) as caught:
            chosen(self.module(**content))
        self.assertEqual(str(caught.exception), text)

    def test_the_only_class_with_both_methods_is_taken(self) -> None:
        whole = type(returning(None))
        self.assertIs(chosen(self.module(Mine=whole, Again=whole, number=1)), whole)
        inherits = type("Inherits", (whole,), {})
        self.assertIs(chosen(self.module(Inherits=inherits)), inherits)

    def test_a_missing_method_is_named(self) -> None:
        whole = type(returning(None))
        for name in ("detect", "build"):
            other = {"detect": "build", "build": "detect"}[name]
            half = type("Half", (Buildpack,), {other: vars(whole)[other], "biuld": None})
            self.fails(f"Half, which is derived from 'kit.Buildpack', has no method '{name}'", Half=half)

    def test_no_class_and_two_classes_are_refused(self) -> None:
        self.fails("buildpack.py has no class that is derived from 'kit.Buildpack'")
        one, two = type("One", (Buildpack,), {}), type("Two", (Buildpack,), {})
        self.fails("buildpack.py has several classes that are derived from 'kit.Buildpack': One, Two", a=one, b=two)


class TestContext(unittest.TestCase):
    def test_a_layer_is_written_in_its_own_directory(self) -> None:
        class Writes(Buildpack):
            def build(self, ctx):
                layer = ctx.layer("tools", launch=True)
                layer.write("bin/tool", "#!/bin/sh\n", executable=True)
                layer.write("bin/tool", "#!/bin/sh\nexit\n", executable=True)
                layer.write("data", b"\xff")
                return Built(layers=[layer])

        with Sample({}) as sample:
            layer = sample.build(Writes()).layers[0]
            self.assertEqual(layer.executables, ["bin/tool"])
            self.assertEqual((sample.layers / "tools/bin/tool").read_text(), "#!/bin/sh\nexit\n")
            self.assertEqual((sample.layers / "tools/data").read_bytes(), b"\xff")

    def test_a_test_gives_what_the_host_would(self) -> None:
        class Reads(Buildpack):
            def build(self, ctx):
                log.info(f"{ctx.variables['A']} {ctx.plan[0].name} {ctx.restored['tools']['version']} {ctx.store}")
                log.info(f"{ctx.has_index}")
                return Built()

        with Sample({}) as sample:
            given = {"plan": [PlanEntry("node")], "restored": {"tools": {"version": "1"}}, "store": {"n": 1}}
            sample.build(Reads(), variables={"A": "b"}, has_index=True, **given)
            self.assertEqual(sample.log, [("info", "b node 1 {'n': 1}"), ("info", "True")])

    def test_a_failure_has_a_title_and_a_text(self) -> None:
        failure = ApplicationFailure("no server", "Add server.py.")
        self.assertEqual(str(failure), "no server: Add server.py.")
