// A directory, as a buildpack sees it. `backend` does the work: `component.js` has the one of WASI, `testing.js` the one
// of node.

import { FileFailure } from "./result.js";
import { decode, encode } from "./utf8.js";

/** A directory whose files can be read by paths relative to it. */
export class Folder {
  #backend;

  constructor(path, backend) {
    this.path = path;
    this.#backend = backend;
  }

  /** Whether there is anything at a path. A link counts as what it points to. */
  exists(path) {
    return this.#type(path) !== undefined;
  }

  isFile(path) {
    return this.#type(path) === "file";
  }

  isDirectory(path) {
    return this.#type(path) === "directory";
  }

  /** The text of a file. Bytes that are not UTF-8 become U+FFFD. */
  readText(path) {
    return decode(this.readBytes(path));
  }

  readBytes(path) {
    return this.#try("read", path, () => this.#backend.read(path));
  }

  /** The names in a directory, sorted. */
  list(path = ".") {
    return this.#try("list", path, () => this.#backend.list(path)).sort();
  }

  /** Writes a file, and makes the folders above it. */
  write(path, content) {
    const bytes = typeof content === "string" ? encode(content) : content;
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`the content of '${path}' must be a string or a Uint8Array, but it is ${kind(content)}`);
    }
    this.#try("write", path, () => {
      const folders = path.split("/").slice(0, -1);
      folders.forEach((_, at) => this.#backend.makeFolder(folders.slice(0, at + 1).join("/")));
      this.#backend.write(path, bytes);
    });
  }

  #type(path) {
    try {
      return this.#try("find", path, () => this.#backend.type(path));
    } catch (error) {
      if (error.code === "no-entry" || error.code === "not-directory") {
        return undefined;
      }
      throw error;
    }
  }

  #try(action, path, call) {
    if (typeof path !== "string" || path === "") {
      throw new TypeError(`a path must be a string that is not empty, but it is ${kind(path)}`);
    }
    try {
      return call();
    } catch (error) {
      const code = this.#backend.code(error);
      if (code === undefined) {
        throw error;
      }
      throw new FileFailure(action, path, code);
    }
  }
}

/** The type of a value, for messages. */
export function kind(value) {
  if (value === null || value === undefined) {
    return String(value);
  }
  return Array.isArray(value) ? "an array" : `a value of type '${typeof value}'`;
}
