// A buildpack that starts what a Procfile says: one process for each line `name: command`.

import { type Build, type Detect, type Process, bash, fail, log, pass } from "./kit/index.js";

export const detect: Detect = ({ app }) =>
  app.isFile("Procfile") ? pass() : fail("the application has no Procfile");

export const build: Build = ({ app }) => {
  const processes: Process[] = [];
  for (const line of app.readText("Procfile").split("\n").map((line) => line.trim())) {
    if (line === "" || line.startsWith("#")) {
      continue;
    }
    const [, name, command] = /^([^:]+?)\s*:\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || command === undefined) {
      log.warning(`the Procfile has a line that is not 'name: command': ${line}`);
    } else {
      processes.push(bash(name, command));
    }
  }
  for (const process of processes) {
    process.default = process.type === "web" || processes.length === 1;
  }
  return { processes };
};
