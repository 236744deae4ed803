// The console of a component: its messages go to the log. What a module prints while the component is made has no log
// yet; it is kept, and printed when a phase begins.

import { log, redirect } from "./log.js";

const kept = [];
redirect((level, message) => kept.push([level, message]));

/** Sends all messages to the host, first those that were kept. */
export function begin(write) {
  redirect(write);
  for (const [level, message] of kept) {
    write(level, message);
  }
}

function shown(value) {
  if (typeof value === "string") {
    return value;
  }
  if (value instanceof Error) {
    return `${value}\n${value.stack}`;
  }
  return JSON.stringify(value) ?? String(value);
}

const to = (write) => (...values) => write(values.map(shown).join(" "));

globalThis.console = {
  debug: to(log.debug),
  log: to(log.info),
  info: to(log.info),
  warn: to(log.warning),
  error: to(log.warning),
};
