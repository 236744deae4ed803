"""Everything that a buildpack in Python needs.

A buildpack is one class in `buildpack.py`, derived from `Buildpack`, with the methods `detect` and `build`. Both get
a context and return a result. They run in a sandbox: see the README beside this file.
"""

from . import log
from .context import BuildContext, Context, DetectContext, PlanEntry, Target, Variables
from .failure import ApplicationFailure, Failure, PlatformFailure
from .result import (
    Built,
    Content,
    Env,
    ExecD,
    Fail,
    IndexedPackage,
    IndexedPackages,
    Json,
    Layer,
    Pass,
    Plan,
    Process,
    Requirement,
    SourceFile,
)

__all__ = [
    "ApplicationFailure",
    "BuildContext",
    "Buildpack",
    "Built",
    "Content",
    "Context",
    "DetectContext",
    "Env",
    "ExecD",
    "Fail",
    "Failure",
    "IndexedPackage",
    "IndexedPackages",
    "Json",
    "Layer",
    "Pass",
    "Plan",
    "PlanEntry",
    "PlatformFailure",
    "Process",
    "Requirement",
    "SourceFile",
    "Target",
    "Variables",
    "log",
]


class Buildpack:
    """The logic of a buildpack. Each method is called once, in an instance of its own."""

    def detect(self, ctx: DetectContext) -> Pass | Fail:
        """Decides whether this buildpack takes part."""
        raise NotImplementedError(f"{type(self).__name__} has no method 'detect'")

    def build(self, ctx: BuildContext) -> Built:
        """Decides on the content of the image."""
        raise NotImplementedError(f"{type(self).__name__} has no method 'build'")
