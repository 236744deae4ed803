"""Finds the author's class in the author's module. Only `component` calls this."""

from types import ModuleType

from . import Buildpack


def chosen(module: ModuleType) -> type[Buildpack]:
    """The only class of the module that is derived from `Buildpack`. It has both methods."""
    values = vars(module).values()
    found = {one for one in values if isinstance(one, type) and issubclass(one, Buildpack) and one is not Buildpack}
    match list(found):
        case [one]:
            for name in ("detect", "build"):
                if getattr(one, name) is getattr(Buildpack, name):
                    raise ImportError(f"{one.__name__}, which is derived from 'kit.Buildpack', has no method '{name}'")
            return one
        case []:
            raise ImportError("buildpack.py has no class that is derived from 'kit.Buildpack'")
        case several:
            names = ", ".join(sorted(one.__name__ for one in several))
            raise ImportError(f"buildpack.py has several classes that are derived from 'kit.Buildpack': {names}")
