"""The results of `detect` and `build`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Json = dict[str, Any]
"""A table: what JSON can express, without null."""

Unpack = Literal["file", "tar-gz", "tar-zst", "zip", "wheel"]


@dataclass
class Requirement:
    """A dependency that this buildpack needs from a buildpack of the group, itself included."""

    name: str
    metadata: Json = field(default_factory=dict)
    """Free data for the buildpack that provides it."""


@dataclass
class Plan:
    """One alternative of a build plan."""

    provides: list[str] = field(default_factory=list)
    """The names of the dependencies that this buildpack can provide."""
    requires: list[Requirement] = field(default_factory=list)


@dataclass
class Pass(Plan):
    """The buildpack takes part, with this build plan."""

    alternatives: list[Plan] = field(default_factory=list)
    """The plans that the lifecycle tries after this one, in this order."""


@dataclass
class Fail:
    """The buildpack does not take part, for this reason. This is not an error."""

    reason: str


@dataclass
class Process:
    """A process type of the image."""

    type: str
    """Its type, such as `web`: letters, digits, `.`, `_` and `-`."""
    command: list[str]
    """The program, then arguments that a person who starts the image can't replace."""
    args: list[str] = field(default_factory=list)
    """Arguments that a person who starts the image can replace."""
    default: bool = False
    """Whether it starts if no type is named. At most one process may be the default."""
    working_directory: str | None = None
    """By default the application directory. Absolute, or relative to that directory."""
    exec_env: list[str] = field(default_factory=list)
    """The execution environments of the process; all if empty. Needs Buildpack API 0.12."""

    @classmethod
    def bash(cls, type: str, command: str, *, default: bool = False) -> "Process":
        """A process that runs a line of shell."""
        return cls(type, ["bash", "-c", command], default=default)


@dataclass
class Env:
    """A change of one environment variable. `all` and `build` need `[metadata] build-variables` of buildpack.toml."""

    name: str
    value: str
    mode: Literal["append", "default", "override", "prepend"] = "override"
    scope: Literal["all", "build", "launch"] = "launch"
    process: str | None = None
    """The only process type that gets the change. Allowed only in the scope `launch`."""
    delimiter: str | None = None
    """The text between the value and an existing one. Allowed only in the modes `append` and `prepend`."""


@dataclass
class ExecD:
    """A program that the launcher runs before the process, to set variables."""

    name: str
    program: bytes
    process: str | None = None
    """The only process type for which it runs."""


@dataclass
class SourceFile:
    """A file of a source that consists of files."""

    path: str
    """Its path or address, as the source's list spells it."""
    sha256: str
    """64 lower-case hexadecimal digits."""
    unpack: Unpack = "file"
    leading_folders: int = 0
    """The number of leading folders to leave off each path in an archive."""


@dataclass
class IndexedPackage:
    """A Python package, as the source's list has it."""

    name: str
    """Its name in normal form: lower case, with one `-` between its parts."""
    sha256: list[str]
    """The digests that the list has for it: each 64 lower-case hexadecimal digits."""


@dataclass
class IndexedPackages:
    """Python packages whose files the host finds at an index, each as one wheel."""

    packages: list[IndexedPackage]
    """The packages. No two have one name."""
    tags: list[str]
    """The compatibility tags of wheels that fit, such as `py3-none-any`, the best one first."""


@dataclass
class Content:
    """Content that the host fetches into a layer, after the buildpack has ended."""

    source: str
    """The name of a source in `[metadata.sources]` of buildpack.toml."""
    into: str
    """The folder in the layer: one plain name."""
    file: SourceFile | None = None
    """The file of the source, if the source consists of files."""
    packages: IndexedPackages | None = None
    """The packages of the source, in place of a file, if its list has digests of packages and no addresses."""


@dataclass
class Layer:
    """The declaration of a layer. `BuildContext.layer` makes one that knows its path."""

    name: str
    launch: bool = False
    """The layer is in the image at run time."""
    build: bool = False
    """Later buildpacks can use the layer."""
    cache: bool = False
    """The layer is kept for the next build."""
    metadata: Json = field(default_factory=dict)
    """Free data, which the next build gets in `BuildContext.restored`."""
    contents: list[Content] = field(default_factory=list)
    env: list[Env] = field(default_factory=list)
    exec_d: list[ExecD] = field(default_factory=list)
    executables: list[str] = field(default_factory=list)
    """The files that the host makes executable: paths relative to the layer's directory."""
    path: Path | None = field(default=None, compare=False)
    """The layer's directory."""

    def write(self, path: str, content: str | bytes, *, executable: bool = False) -> Path:
        """Writes a file into the layer and makes the folders above it. Returns the file's path."""
        if self.path is None:
            raise ValueError(f"the layer '{self.name}' has no directory: make it by 'ctx.layer(…)'")
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        if executable and path not in self.executables:
            self.executables.append(path)
        return file


@dataclass
class Built:
    """The result of a build. The host checks it completely before it writes any of it."""

    layers: list[Layer] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    """Labels of the image."""
    slices: list[list[str]] = field(default_factory=list)
    """Lists of patterns of paths in the application directory. Each list becomes a layer of the image."""
    unmet: list[str] = field(default_factory=list)
    """Entries of the plan that this buildpack could not provide."""
    store: Json | None = None
    """The `store` of the next build; without it, nothing is kept."""
