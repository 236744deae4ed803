"""Connects the author's class with the contract. Only `wasm-buildpack build` imports this module, since the module
`wit_world` exists only while a component is made.
"""

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wit_world
from componentize_py_types import Err
from wit_world.imports import log as host_log
from wit_world.imports import types

import buildpack

from . import BuildContext, DetectContext, log, lower
from .chosen import chosen
from .context import PlanEntry, Target
from .failure import ApplicationFailure, Failure, PlatformFailure

_BUILDPACK = chosen(buildpack)
_LEVELS = {"debug": host_log.Level.DEBUG, "info": host_log.Level.INFO, "warning": host_log.Level.WARNING}

log._sink = lambda level, message: host_log.log(_LEVELS[level], message)


class WitWorld(wit_world.WitWorld):
    """The exports of the component, under the name that componentize-py looks for."""

    def detect(self, context: types.DetectContext) -> Any:
        return _answer(lambda: lower.outcome(types, _BUILDPACK().detect(DetectContext(**_common(context)))))

    def build(self, context: types.BuildContext) -> Any:
        def answer() -> Any:
            return lower.output(types, _BUILDPACK().build(_build_context(context)))

        return _answer(answer)


def _common(context: Any) -> dict[str, Any]:
    target = context.target
    return {
        "app": Path(context.app_dir),
        "target": Target(target.os, target.arch, target.arch_variant, target.distro_name, target.distro_version),
        "exec_env": context.exec_env,
        "variables": {one.name: one.value for one in context.variables},
        "metadata": json.loads(context.metadata),
        "has_index": context.has_index,
    }


def _build_context(context: types.BuildContext) -> BuildContext:
    return BuildContext(
        **_common(context),
        layers=Path(context.layers_dir),
        plan=[PlanEntry(one.name, json.loads(one.metadata)) for one in context.buildpack_plan],
        restored={one.name: json.loads(one.metadata) for one in context.restored_layers},
        store=None if context.store is None else json.loads(context.store),
    )


def _answer(call: Callable[[], Any]) -> Any:
    """Calls, and turns an exception into a failure of the contract."""
    try:
        return call()
    except ApplicationFailure as failure:
        raise Err(types.Failure_Application(_explained(failure))) from None
    except PlatformFailure as failure:
        raise Err(types.Failure_Platform(_explained(failure))) from None
    except Failure as failure:
        raise Err(types.Failure_Internal(_explained(failure))) from None
    except MemoryError:
        # Ends the component, so that the host names its limit, and how to raise it.
        raise
    except OSError as error:
        raise Err(types.Failure_Io(types.Explanation(_title(error), _trace(error)))) from None
    except Exception as error:
        raise Err(types.Failure_Internal(types.Explanation(_title(error), _trace(error)))) from None


def _explained(failure: Failure) -> types.Explanation:
    return types.Explanation(failure.title, failure.text)


def _title(error: Exception) -> str:
    lines = traceback.format_exception_only(error)
    return lines[-1].strip().replace("\n", " ")


def _trace(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.endswith("kit/component.py")]
    return "\n".join(f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}" for frame in own)
