"""Runs a buildpack natively on a plain folder, without WebAssembly: for `python3 -m unittest`.

The result is converted and checked as in the component, but the host's own checks and the sandbox are missing:
`wasm-buildpack test` has them.
"""

import tempfile
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from . import BuildContext, Buildpack, Built, DetectContext, Fail, Pass, log, lower


class _Records:
    """Stands in for the module of the contract's records: its records are tuples."""

    EnvMode = Enum("EnvMode", "APPEND DEFAULT OVERRIDE PREPEND")
    EnvScope = Enum("EnvScope", "ALL BUILD LAUNCH")
    Unpack = Enum("Unpack", "FILE TAR_GZ TAR_ZST ZIP WHEEL")

    def __getattr__(self, name: str) -> Any:
        return lambda *values: values


class Sample:
    """A temporary application directory with these files, and a directory for layers.

        with Sample({"Procfile": "web: ./serve"}) as sample:
            assert sample.detect(MyBuildpack()) == Pass()
            built = sample.build(MyBuildpack())
    """

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        root = Path(self._folder.name)
        self.app = root / "app"
        self.layers = root / "layers"
        self.log: list[tuple[str, str]] = []
        self.app.mkdir()
        self.layers.mkdir()
        for name, content in files.items():
            file = self.app / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    def __enter__(self) -> "Sample":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    @property
    def warnings(self) -> list[str]:
        """The warnings that were logged."""
        return [message for level, message in self.log if level == "warning"]

    def detect(self, buildpack: Buildpack, **context: Any) -> Pass | Fail:
        """Calls `detect`. `context` has fields of `DetectContext`, such as `variables`."""
        with self._logged():
            result = buildpack.detect(DetectContext(self.app, **context))
            lower.outcome(_Records(), result)
        return result

    def build(self, buildpack: Buildpack, **context: Any) -> Built:
        """Calls `build`. `context` has fields of `BuildContext`, such as `plan`."""
        with self._logged():
            result = buildpack.build(BuildContext(self.app, layers=self.layers, **context))
            lower.output(_Records(), result)
        return result

    def _logged(self) -> "_Logged":
        return _Logged(self.log)


class _Logged:
    """Collects the log while it is entered."""

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        self._lines = lines

    def __enter__(self) -> None:
        self._before = log._sink
        log._sink = lambda level, message: self._lines.append((level, message))

    def __exit__(self, *_: object) -> None:
        log._sink = self._before
