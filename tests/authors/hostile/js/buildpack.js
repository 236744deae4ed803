// Tries what a component must not be able to do, chosen by the variable `CASE`.
//
// A case of an attempt that is denied logs `NAME: denied: REASON`, or `NAME: ALLOWED`. The other cases end the phase.

import { log, pass } from "./kit/index.js";

export function detect() {
  return pass();
}

export function build(context) {
  CASES[context.variables.CASE](context);
  return {};
}

const CASES = {
  network() {
    tried("fetch", () => globalThis.fetch("http://127.0.0.1/"));
    tried("request", () => new globalThis.XMLHttpRequest().open("GET", "http://127.0.0.1/", false));
    tried("socket", () => new globalThis.WebSocket("ws://127.0.0.1/"));
  },

  files({ app, layers }) {
    const paths = {
      absolute: "/etc/passwd",
      relative: "../../../../../../../../etc/passwd",
      "of the process": "/proc/self/environ",
    };
    for (const [name, path] of Object.entries(paths)) {
      tried(`read ${name}`, () => app.readText(path));
      tried(`read ${name} from layers`, () => layers.readText(path));
    }
    tried("list the root", () => app.list("/"));
    tried("list above", () => app.list(".."));
    tried("write outside", () => layers.write("../planted", "planted"));
    tried("write the application", () => app.write("planted", "planted"));
  },

  processes() {
    tried("require", () => globalThis.require("node:child_process").execSync("true"));
    tried("process", () => globalThis.process.kill(1, 0));
    tried("os", () => globalThis.os.exec(["true"]));
    tried("worker", () => new globalThis.Worker("./buildpack.js"));
  },

  loop() {
    for (;;) {}
  },

  memory() {
    const kept = [];
    for (;;) {
      kept.push(new Uint8Array(1 << 20).fill(1));
    }
  },
};

function tried(name, attempt) {
  try {
    attempt();
  } catch (error) {
    log.info(`${name}: denied: ${error.message}`);
    return;
  }
  log.info(`${name}: ALLOWED`);
}
