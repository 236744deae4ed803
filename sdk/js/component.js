// Connects the author's functions with the contract. Only `wasm-buildpack build` uses this module: its imports exist only
// in a component. It is evaluated once, while the component is made.

import { begin } from "./console.js";
import * as hostLog from "wasm-buildpacks:buildpack/log@0.3.0";
import * as preopens from "wasi:filesystem/preopens@0.2.12";
import { buildContext, detectContext } from "./context.js";
import * as lower from "./lower.js";
import * as author from "../buildpack.js";

for (const name of ["detect", "build"]) {
  if (typeof author[name] !== "function") {
    throw new Error(`the buildpack exports no function '${name}'`);
  }
}

export function detect(record) {
  return answer(() => lower.outcome(author.detect(detectContext(record, open))));
}

export function build(record) {
  return answer(() => lower.output(author.build(buildContext(record, open))));
}

/** Calls, and turns what is thrown into a failure of the contract. */
function answer(call) {
  try {
    begin((level, message) => hostLog.log(level, message));
    return call();
  } catch (error) {
    if (error?.message === "out of memory") {
      // Ends the component, so that the host names its limit, and how to raise it.
      throw error;
    }
    if (error?.kind !== undefined) {
      throw { tag: error.kind, val: { title: error.title, text: error.text } };
    }
    const title = error instanceof Error ? `${error.name}: ${error.message}` : `this was thrown: ${error}`;
    throw { tag: "internal", val: { title, text: error?.stack ?? "" } };
  }
}

const FOLLOW = { symlinkFollow: true };
const CHUNK = 1 << 20;
const TYPES = { "regular-file": "file", directory: "directory" };

/** The files of a preopened directory. */
function open(path) {
  const found = preopens.getDirectories().find(([, name]) => name === path);
  if (found === undefined) {
    throw new Error(`the host gave no directory '${path}'. This is the host's mistake`);
  }
  const [root] = found;
  // QuickJS has numbers for 64 bits, StarlingMonkey has BigInt.
  const u64 = typeof root.statAt(FOLLOW, ".").size === "bigint" ? BigInt : Number;

  const withFile = (path, create, flags, use) => {
    const file = root.openAt(FOLLOW, path, create, flags);
    try {
      return use(file);
    } finally {
      file[Symbol.dispose]?.();
    }
  };

  return {
    type: (path) => TYPES[root.statAt(FOLLOW, path).type] ?? "other",

    read(path) {
      return withFile(path, {}, { read: true }, (file) => {
        const chunks = [];
        let size = 0;
        for (let isEnd = false; !isEnd; ) {
          const [bytes, end] = file.read(u64(CHUNK), u64(size));
          chunks.push(bytes);
          size += bytes.length;
          isEnd = end || bytes.length === 0;
        }
        const all = new Uint8Array(size);
        let at = 0;
        for (const chunk of chunks) {
          all.set(chunk, at);
          at += chunk.length;
        }
        return all;
      });
    },

    list(path) {
      return withFile(path, { directory: true }, { read: true }, (directory) => {
        const entries = directory.readDirectory();
        const names = [];
        for (let entry; (entry = entries.readDirectoryEntry()) != null; ) {
          names.push(entry.name);
        }
        return names;
      });
    },

    makeFolder(path) {
      try {
        root.createDirectoryAt(path);
      } catch (error) {
        if (this.code(error) !== "exist") {
          throw error;
        }
      }
    },

    write(path, bytes) {
      withFile(path, { create: true, truncate: true }, { write: true }, (file) => {
        for (let at = 0; at < bytes.length; ) {
          at += Number(file.write(bytes.subarray(at, at + CHUNK), u64(at)));
        }
      });
    },

    /** The error code of WASI, or nothing if something else was thrown. */
    code(error) {
      const code = error?.payload ?? error;
      return typeof code === "string" ? code : undefined;
    },
  };
}
