// A buildpack that starts what a Procfile says: one process for each line `name: command`.

import { bash, fail, log, pass } from "./kit/index.js";

/** @type {import("./kit/index.js").Detect} */
export function detect({ app }) {
  return app.isFile("Procfile") ? pass() : fail("the application has no Procfile");
}

/** @type {import("./kit/index.js").Build} */
export function build({ app }) {
  const processes = [];
  for (const line of app.readText("Procfile").split("\n").map((line) => line.trim())) {
    if (line === "" || line.startsWith("#")) {
      continue;
    }
    const [, name, command] = /^([^:]+?)\s*:\s*(.+)$/.exec(line) ?? [];
    if (name === undefined) {
      log.warning(`the Procfile has a line that is not 'name: command': ${line}`);
    } else {
      processes.push(bash(name, command));
    }
  }
  for (const process of processes) {
    process.default = process.type === "web" || processes.length === 1;
  }
  return { processes };
}
