// Everything that a buildpack in JavaScript or TypeScript imports. index.d.ts describes it.

export { log } from "./log.js";
export { ApplicationFailure, FileFailure, PlatformFailure, bash, fail, pass } from "./result.js";
