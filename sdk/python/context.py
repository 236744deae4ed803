"""The arguments of `detect` and `build`."""

from dataclasses import dataclass, field
from pathlib import Path

from .result import Json, Layer

Variables = dict[str, str]


@dataclass(frozen=True)
class Target:
    """The machine that the image is built for."""

    os: str = "linux"
    """The operating system, such as `linux`."""
    arch: str = "amd64"
    """The architecture by Go's name, such as `amd64`."""
    arch_variant: str | None = None
    """The architecture's variant, such as `v8`, if the platform names one."""
    distro_name: str | None = None
    """The distribution, such as `ubuntu`, if the platform names one."""
    distro_version: str | None = None
    """The distribution's version, if the platform names one."""


@dataclass(frozen=True)
class PlanEntry:
    """A dependency that this buildpack should provide."""

    name: str
    metadata: Json = field(default_factory=dict)
    """Data from the buildpack that requires it."""


@dataclass(frozen=True)
class Context:
    """The part of the arguments that both methods get."""

    app: Path
    """The application directory. A buildpack may read it, but not write to it."""
    target: Target = field(default_factory=Target)
    exec_env: str = "production"
    """The execution environment (`CNB_EXEC_ENV`)."""
    variables: Variables = field(default_factory=dict)
    """The variables in `[metadata] variables` of buildpack.toml that are set."""
    metadata: Json = field(default_factory=dict)
    """`[metadata]` of buildpack.toml, without the host's own tables."""
    has_index: bool = False
    """Whether the operator's policy names an index of packages. If not, the application's list must name one."""


@dataclass(frozen=True)
class DetectContext(Context):
    """The argument of `detect`."""


@dataclass(frozen=True)
class BuildContext(Context):
    """The argument of `build`."""

    layers: Path = Path("layers")
    """The directory of this buildpack's layers, which is also the path at launch."""
    plan: list[PlanEntry] = field(default_factory=list)
    """The dependencies that this buildpack should provide."""
    restored: dict[str, Json] = field(default_factory=dict)
    """The metadata of each layer that the lifecycle restored from the previous build, by the layer's name."""
    store: Json | None = None
    """The store of the previous build, if there is one."""

    def layer(
        self,
        name: str,
        *,
        launch: bool = False,
        build: bool = False,
        cache: bool = False,
        metadata: Json | None = None,
    ) -> Layer:
        """Makes the declaration of a layer, for `Built(layers=[…])`. A restored layer that is not declared is dropped."""
        layer = Layer(name, launch=launch, build=build, cache=cache, metadata=metadata or {})
        layer.path = self.layers / name
        return layer
