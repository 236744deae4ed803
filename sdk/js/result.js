// The results of `detect` and `build`, and the errors that end a phase. A result is a plain object: index.d.ts has its fields.

/** The buildpack takes part, with this build plan. */
export function pass(plan = {}) {
  return { pass: plan };
}

/** The buildpack does not take part, for this reason. */
export function fail(reason) {
  return { fail: reason };
}

/** A process that runs a line of shell. */
export function bash(type, command, options = {}) {
  return { type, command: ["bash", "-c", command], ...options };
}

/** An error with a title, and a text that gives the reason and says what to do. */
class Failure extends Error {
  constructor(title, text = "") {
    super(text === "" ? title : `${title}: ${text}`);
    this.name = new.target.name;
    this.title = title;
    this.text = text;
  }
}

/** The application does not meet this buildpack's requirements. */
export class ApplicationFailure extends Failure {
  kind = "application";
}

/** The platform's input does not meet this buildpack's requirements. */
export class PlatformFailure extends Failure {
  kind = "platform";
}

/** A file could not be read or written. */
export class FileFailure extends Failure {
  kind = "io";

  constructor(action, path, code) {
    super(`can't ${action} '${path}': ${code}`);
    this.path = path;
    this.code = code;
  }
}
