// Messages to the user. In the sandbox the host prints them; elsewhere they go to standard error.

let sink = (level, message) => globalThis.console.error(`${level}: ${message}`);

/** Sends the messages elsewhere, and returns where they went before. */
export function redirect(to) {
  const before = sink;
  sink = to;
  return before;
}

export const log = {
  debug: (message) => sink("debug", String(message)),
  info: (message) => sink("info", String(message)),
  warning: (message) => sink("warning", String(message)),
};
