// Converts a result into the contract's records, and checks each value's type on the way.

import { kind } from "./files.js";

/** Converts the result of `detect`. */
export function outcome(result) {
  if (typeof result?.fail === "string") {
    return { tag: "fail", val: result.fail };
  }
  if (typeof result?.pass !== "object" || result.pass === null) {
    throw new TypeError(`'detect' must return pass(…) or fail(reason), but it returned ${kind(result)}`);
  }
  const { alternatives } = known(result.pass, "pass(…)", ["provides", "requires", "alternatives"]);
  return {
    tag: "pass",
    val: { first: alternative(result.pass), or: list(alternatives, "alternatives", alternative) },
  };
}

/** Converts the result of `build`. */
export function output(result) {
  known(result, "the result of 'build'", ["layers", "processes", "labels", "slices", "unmet", "store"]);
  return {
    layers: list(result.layers, "layers", layer),
    processes: list(result.processes, "processes", process),
    labels: Object.entries(result.labels ?? {}).map(([key, value]) => ({ key, value: text(value, `label '${key}'`) })),
    slices: list(result.slices, "slices", (paths, where) => ({ paths: texts(paths, where) })),
    unmet: texts(result.unmet, "unmet"),
    store: result.store === undefined || result.store === null ? null : json(result.store, "store"),
  };
}

function alternative(plan) {
  return {
    provides: texts(plan.provides, "provides"),
    requires: list(plan.requires, "requires", (one, where) => {
      known(one, where, ["name", "metadata"]);
      return { name: text(one.name, `name of ${where}`), metadata: json(one.metadata ?? {}, `metadata of ${where}`) };
    }),
  };
}

function layer(one) {
  const where = `layer '${one?.name}'`;
  known(one, where, ["name", "launch", "build", "cache", "metadata", "contents", "env", "execD", "executables"]);
  return {
    name: text(one.name, "name of a layer"),
    types: { launch: flag(one.launch, where), build: flag(one.build, where), cache: flag(one.cache, where) },
    metadata: json(one.metadata ?? {}, `metadata of ${where}`),
    contents: list(one.contents, `contents of ${where}`, content),
    env: list(one.env, `env of ${where}`, env),
    execD: list(one.execD, `execD of ${where}`, execD),
    executables: texts(one.executables, `executables of ${where}`),
  };
}

function content(one, where) {
  known(one, where, ["source", "into", "file", "packages"]);
  return {
    source: text(one.source, `source of ${where}`),
    into: text(one.into, `into of ${where}`),
    part: part(one, where),
  };
}

function part({ file, packages }, where) {
  if (file && packages) {
    throw new TypeError(`${where} must have a file or packages, but it has both`);
  }
  if (file) {
    return { tag: "file", val: sourceFile(file, `file of ${where}`) };
  }
  return packages ? { tag: "packages", val: indexedPackages(packages, `packages of ${where}`) } : null;
}

function indexedPackages(packages, where) {
  known(packages, where, ["packages", "tags"]);
  return {
    packages: list(packages.packages, where, (one, where) => {
      known(one, where, ["name", "sha256"]);
      return { name: text(one.name, `name of ${where}`), sha256: texts(one.sha256, `sha256 of ${where}`) };
    }),
    tags: texts(packages.tags, `tags of ${where}`),
  };
}

function sourceFile(file, where) {
  known(file, where, ["path", "sha256", "unpack", "leadingFolders"]);
  return {
    path: text(file.path, `path of ${where}`),
    sha256: text(file.sha256, `sha256 of ${where}`),
    unpack: oneOf(file.unpack ?? "file", ["file", "tar-gz", "tar-zst", "zip", "wheel"], `unpack of ${where}`),
    leadingFolders: file.leadingFolders ?? 0,
  };
}

function env(one) {
  const where = `variable '${one?.name}'`;
  known(one, where, ["name", "value", "mode", "scope", "process", "delimiter"]);
  return {
    scope: oneOf(one.scope ?? "launch", ["all", "build", "launch"], `scope of ${where}`),
    process: optional(one.process, `process of ${where}`),
    name: text(one.name, "name of a variable"),
    mode: oneOf(one.mode ?? "override", ["append", "default", "override", "prepend"], `mode of ${where}`),
    value: text(one.value, `value of ${where}`),
    delimiter: optional(one.delimiter, `delimiter of ${where}`),
  };
}

function execD(one) {
  const where = `program '${one?.name}'`;
  known(one, where, ["name", "program", "process"]);
  if (!(one.program instanceof Uint8Array)) {
    throw new TypeError(`program of ${where} must be a Uint8Array, but it is ${kind(one.program)}`);
  }
  return {
    name: text(one.name, "name of a program"),
    process: optional(one.process, `process of ${where}`),
    program: one.program,
  };
}

function process(one) {
  const where = `process '${one?.type}'`;
  known(one, where, ["type", "command", "args", "default", "workingDirectory", "execEnv"]);
  return {
    type: text(one.type, "type of a process"),
    command: texts(one.command, `command of ${where}`),
    args: texts(one.args, `args of ${where}`),
    default: flag(one.default, where),
    workingDirectory: optional(one.workingDirectory, `workingDirectory of ${where}`),
    execEnv: texts(one.execEnv, `execEnv of ${where}`),
  };
}

/** Checks that a value is an object without unknown fields: a misspelt field would be lost without a message. */
function known(value, where, fields) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${where} must be an object, but it is ${kind(value)}`);
  }
  const unknown = Object.keys(value).filter((name) => !fields.includes(name));
  if (unknown.length > 0) {
    throw new TypeError(`${where} has the unknown field '${unknown[0]}'; its fields are ${fields.join(", ")}`);
  }
  return value;
}

function text(value, where) {
  if (typeof value !== "string") {
    throw new TypeError(`${where} must be a string, but it is ${kind(value)}`);
  }
  return value;
}

function optional(value, where) {
  return value === undefined || value === null ? null : text(value, where);
}

function flag(value, where) {
  if (value !== undefined && typeof value !== "boolean") {
    throw new TypeError(`a flag of ${where} must be true or false, but it is ${kind(value)}`);
  }
  return value === true;
}

function list(value, where, convert) {
  if (value !== undefined && !Array.isArray(value)) {
    throw new TypeError(`${where} must be an array, but it is ${kind(value)}`);
  }
  return (value ?? []).map((one) => convert(one, `an item of ${where}`));
}

function texts(value, where) {
  return list(value, where, text);
}

function oneOf(value, cases, where) {
  if (!cases.includes(value)) {
    throw new TypeError(`${where} must be one of '${cases.join("', '")}', but it is '${value}'`);
  }
  return value;
}

function json(value, where) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${where} must be an object, but it is ${kind(value)}`);
  }
  return JSON.stringify(value);
}
