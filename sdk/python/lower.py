"""Converts a result into the records of the contract, and checks each value's type on the way.

`types` is the module of the records. It exists only in a component; `testing` passes a stand-in.
"""

import json
from typing import Any

from .result import (
    Built,
    Content,
    Env,
    Fail,
    IndexedPackage,
    IndexedPackages,
    Layer,
    Pass,
    Plan,
    Process,
    SourceFile,
)


def outcome(types: Any, result: object) -> Any:
    """Converts the result of `detect`."""
    match result:
        case Fail():
            return types.DetectOutcome_Fail(_text(result.reason, "Fail.reason"))
        case Pass():
            others = _items(result.alternatives, Plan, "Pass.alternatives")
            plan = types.BuildPlan(_plan(types, result), [_plan(types, other) for other in others])
            return types.DetectOutcome_Pass(plan)
    raise TypeError(f"'detect' must return Pass(…) or Fail(reason), but it returned {_name(result)}")


def output(types: Any, result: object) -> Any:
    """Converts the result of `build`."""
    if not isinstance(result, Built):
        raise TypeError(f"'build' must return Built(…), but it returned {_name(result)}")
    return types.BuildOutput(
        [_layer(types, one) for one in _items(result.layers, Layer, "Built.layers")],
        [_process(types, one) for one in _items(result.processes, Process, "Built.processes")],
        [
            types.Label(_text(key, "a key of Built.labels"), _text(value, f"Built.labels['{key}']"))
            for key, value in _is(result.labels, dict, "Built.labels").items()
        ],
        [types.Slice(_texts(paths, "Built.slices[…]")) for paths in _list(result.slices, "Built.slices")],
        _texts(result.unmet, "Built.unmet"),
        None if result.store is None else _json(result.store, "Built.store"),
    )


def _plan(types: Any, plan: Plan) -> Any:
    return types.PlanAlternative(
        _texts(plan.provides, "provides"),
        [
            types.Requirement(_text(one.name, "Requirement.name"), _json(one.metadata, "Requirement.metadata"))
            for one in _list(plan.requires, "requires")
        ],
    )


def _layer(types: Any, layer: Layer) -> Any:
    where = f"layer '{layer.name}'"
    return types.Layer(
        _text(layer.name, "Layer.name"),
        types.LayerTypes(*(_is(flag, bool, where) for flag in (layer.launch, layer.build, layer.cache))),
        _json(layer.metadata, f"metadata of {where}"),
        [
            types.Content(
                _text(one.source, f"Content.source of {where}"),
                _text(one.into, f"Content.into of {where}"),
                _part(types, one, where),
            )
            for one in _items(layer.contents, Content, f"contents of {where}")
        ],
        [_env(types, one) for one in _items(layer.env, Env, f"env of {where}")],
        [
            types.ExecDProgram(
                _text(one.name, f"ExecD.name of {where}"),
                _optional(one.process, f"ExecD.process of {where}"),
                bytes(_is(one.program, (bytes, bytearray), f"ExecD.program of {where}")),
            )
            for one in _list(layer.exec_d, f"exec_d of {where}")
        ],
        _texts(layer.executables, f"executables of {where}"),
    )


def _part(types: Any, content: Content, where: str) -> Any:
    if content.file is not None and content.packages is not None:
        raise ValueError(f"a content of {where} must have a file or packages, but it has both")
    if content.file is not None:
        return types.SourcePart_File(_source_file(types, _is(content.file, SourceFile, f"Content.file of {where}")))
    if content.packages is not None:
        packages = _is(content.packages, IndexedPackages, f"Content.packages of {where}")
        return types.SourcePart_Packages(_packages(types, packages))
    return None


def _packages(types: Any, packages: IndexedPackages) -> Any:
    return types.IndexedPackages(
        [
            types.IndexedPackage(
                _text(one.name, "IndexedPackage.name"),
                _texts(one.sha256, "IndexedPackage.sha256"),
            )
            for one in _items(packages.packages, IndexedPackage, "IndexedPackages.packages")
        ],
        _texts(packages.tags, "IndexedPackages.tags"),
    )


def _source_file(types: Any, file: SourceFile) -> Any:
    return types.SourceFile(
        _text(file.path, "SourceFile.path"),
        _text(file.sha256, "SourceFile.sha256"),
        _case(types.Unpack, file.unpack, "SourceFile.unpack"),
        _is(file.leading_folders, int, "SourceFile.leading_folders"),
    )


def _env(types: Any, env: Env) -> Any:
    where = f"variable '{env.name}'"
    return types.EnvChange(
        _case(types.EnvScope, env.scope, f"scope of {where}"),
        _optional(env.process, f"process of {where}"),
        _text(env.name, "Env.name"),
        _case(types.EnvMode, env.mode, f"mode of {where}"),
        _text(env.value, f"value of {where}"),
        _optional(env.delimiter, f"delimiter of {where}"),
    )


def _process(types: Any, process: Process) -> Any:
    where = f"process '{process.type}'"
    return types.Process(
        _text(process.type, "Process.type"),
        _texts(process.command, f"command of {where}"),
        _texts(process.args, f"args of {where}"),
        _is(process.default, bool, f"default of {where}"),
        _optional(process.working_directory, f"working_directory of {where}"),
        _texts(process.exec_env, f"exec_env of {where}"),
    )


def _name(value: object) -> str:
    return "None" if value is None else f"a value of type '{type(value).__name__}'"


def _is(value: Any, kind: Any, where: str) -> Any:
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        names = " or ".join(f"'{one.__name__}'" for one in kinds)
        raise TypeError(f"{where} must be of type {names}, but it is {_name(value)}")
    return value


def _text(value: Any, where: str) -> str:
    return _is(value, str, where)


def _optional(value: Any, where: str) -> str | None:
    return None if value is None else _text(value, where)


def _list(value: Any, where: str) -> list[Any]:
    return list(_is(value, (list, tuple), where))


def _texts(value: Any, where: str) -> list[str]:
    return [_text(one, f"each item of {where}") for one in _list(value, where)]


def _items(value: Any, kind: type, where: str) -> list[Any]:
    return [_is(one, kind, f"each item of {where}") for one in _list(value, where)]


def _json(value: Any, where: str) -> str:
    try:
        return json.dumps(_is(value, dict, where), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{where} can't be expressed in JSON: {error}") from error


def _case(cases: Any, value: Any, where: str) -> Any:
    name = _text(value, where)
    try:
        return cases[name.upper().replace("-", "_")]
    except KeyError:
        known = ", ".join(f"'{case.name.lower().replace('_', '-')}'" for case in cases)
        raise ValueError(f"{where} must be one of {known}, but it is '{name}'") from None
