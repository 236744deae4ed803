// Runs a buildpack in node on a plain folder, without WebAssembly: for `node --test`.
//
// The result is converted and checked as in the component, but the host's own checks and the sandbox are missing:
// `wasm-buildpack test` has them.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildContext, detectContext } from "./context.js";
import { Folder } from "./files.js";
import { redirect } from "./log.js";
import * as lower from "./lower.js";

const TARGET = { os: "linux", arch: "amd64" };

export class Sample {
  #root = fs.mkdtempSync(path.join(os.tmpdir(), "sample-"));
  log = [];

  constructor(files) {
    const [app, layers] = ["app", "layers"].map((name) => path.join(this.#root, name));
    fs.mkdirSync(app);
    fs.mkdirSync(layers);
    this.app = new Folder(app, open(app));
    this.layers = new Folder(layers, open(layers));
    for (const [name, content] of Object.entries(files)) {
      this.app.write(name, content);
    }
  }

  get warnings() {
    return this.log.filter(([level]) => level === "warning").map(([, message]) => message);
  }

  detect(detect, given = {}) {
    return this.#logged(() => {
      const result = detect({ ...detectContext(this.#record(), open), ...given });
      lower.outcome(result);
      return result;
    });
  }

  build(build, given = {}) {
    return this.#logged(() => {
      const result = build({ ...buildContext(this.#record(), open), ...given });
      lower.output(result);
      return result;
    });
  }

  remove() {
    fs.rmSync(this.#root, { recursive: true });
  }

  #record() {
    return {
      appDir: this.app.path,
      layersDir: this.layers.path,
      target: TARGET,
      execEnv: "production",
      variables: [],
      metadata: "{}",
      hasIndex: false,
      buildpackPlan: [],
      restoredLayers: [],
    };
  }

  #logged(call) {
    const before = redirect((level, message) => this.log.push([level, message]));
    try {
      return call();
    } finally {
      redirect(before);
    }
  }
}

// WASI's names of the errors that tests are likely to meet.
const CODES = {
  EACCES: "access",
  EISDIR: "is-directory",
  ELOOP: "loop",
  ENOENT: "no-entry",
  ENOTDIR: "not-directory",
  EPERM: "not-permitted",
};

/** The files of a directory, by node. */
function open(root) {
  const at = (name) => path.join(root, name);
  return {
    type(name) {
      const found = fs.statSync(at(name));
      return found.isFile() ? "file" : found.isDirectory() ? "directory" : "other";
    },
    read: (name) => new Uint8Array(fs.readFileSync(at(name))),
    list: (name) => fs.readdirSync(at(name)),
    makeFolder: (name) => fs.mkdirSync(at(name), { recursive: true }),
    write: (name, bytes) => fs.writeFileSync(at(name), bytes),
    code: (error) => (error?.code === undefined ? undefined : (CODES[error.code] ?? error.code)),
  };
}
