/** A table: what JSON can express, without null. */
export type Json = { [key: string]: unknown };

/** The machine that the image is built for. */
export interface Target {
  /** The operating system, such as `linux`. */
  readonly os: string;
  /** The architecture by Go's name, such as `amd64`. */
  readonly arch: string;
  readonly archVariant?: string;
  readonly distroName?: string;
  readonly distroVersion?: string;
}

/** A directory whose files can be read by paths relative to it. Each method can throw a `FileFailure`. */
export interface Folder {
  /** Its absolute path. */
  readonly path: string;
  /** Whether there is anything at a path. A link counts as what it points to. */
  exists(path: string): boolean;
  isFile(path: string): boolean;
  isDirectory(path: string): boolean;
  /** The text of a file. Bytes that are not UTF-8 become U+FFFD. */
  readText(path: string): string;
  readBytes(path: string): Uint8Array;
  /** The names in a directory, sorted. */
  list(path?: string): string[];
}

/** A directory that can also be written. */
export interface WritableFolder extends Folder {
  /** Writes a file, and makes the folders above it. */
  write(path: string, content: string | Uint8Array): void;
}

/** The argument of `detect`. */
export interface DetectContext {
  /** The application directory. A buildpack may read it, but not write to it. */
  readonly app: Folder;
  readonly target: Target;
  /** The execution environment (`CNB_EXEC_ENV`); `production` if the platform does not set it. */
  readonly execEnv: string;
  /** The variables in `[metadata] variables` of buildpack.toml that are set. */
  readonly variables: Readonly<Record<string, string>>;
  /** `[metadata]` of buildpack.toml, without the host's own tables. */
  readonly metadata: Json;
  /** Whether the operator's policy names an index of packages. If not, the application's list must name one. */
  readonly hasIndex: boolean;
}

/** The argument of `build`. */
export interface BuildContext extends DetectContext {
  /** The directory of this buildpack's layers, which is also the path at launch. */
  readonly layers: WritableFolder;
  /** The dependencies that this buildpack should provide. */
  readonly plan: readonly PlanEntry[];
  /** The metadata of each layer that the lifecycle restored from the previous build, by the layer's name. */
  readonly restored: Readonly<Record<string, Json>>;
  /** The store of the previous build, if there is one. */
  readonly store?: Json;
  /** Makes the declaration of a layer, for `layers` of the result. A restored layer that is not declared is dropped. */
  layer(name: string, options?: Omit<Layer, "name">): WritableLayer;
}

/** A dependency that this buildpack should provide. */
export interface PlanEntry {
  readonly name: string;
  /** Data from the buildpack that requires it. */
  readonly metadata: Json;
}

/** A dependency that this buildpack needs from a buildpack of the group, itself included. */
export interface Requirement {
  name: string;
  /** Free data for the buildpack that provides it. */
  metadata?: Json;
}

/** One alternative of a build plan. */
export interface Plan {
  /** The names of the dependencies that this buildpack can provide. */
  provides?: string[];
  requires?: Requirement[];
}

/** The result of `detect`: `pass(…)` or `fail(reason)`. */
export type Outcome = { pass: Plan & { alternatives?: Plan[] } } | { fail: string };

/** The result of `build`. The host checks it completely before it writes any of it. */
export interface Built {
  layers?: Layer[];
  processes?: Process[];
  /** Labels of the image. */
  labels?: Record<string, string>;
  /** Lists of patterns of paths in the application directory. Each list becomes a layer of the image. */
  slices?: string[][];
  /** Entries of the plan that this buildpack could not provide. */
  unmet?: string[];
  /** The `store` of the next build; without it, nothing is kept. */
  store?: Json;
}

/** The declaration of a layer. */
export interface Layer {
  name: string;
  /** The layer is in the image at run time. */
  launch?: boolean;
  /** Later buildpacks can use the layer. */
  build?: boolean;
  /** The layer is kept for the next build. */
  cache?: boolean;
  /** Free data, which the next build gets in `restored`. */
  metadata?: Json;
  contents?: Content[];
  env?: Env[];
  execD?: ExecD[];
  /** The files that the host makes executable: paths relative to the layer's directory. */
  executables?: string[];
}

/** A layer that knows its directory. */
export interface WritableLayer extends Layer {
  /** The layer's directory, which is also the path at launch. */
  readonly path: string;
  /** Writes a file into the layer, and makes the folders above it. Returns the file's path. */
  write(path: string, content: string | Uint8Array, options?: { executable?: boolean }): string;
}

/** Content that the host fetches into a layer, after the buildpack has ended. */
export interface Content {
  /** The name of a source in `[metadata.sources]` of buildpack.toml. */
  source: string;
  /** The folder in the layer: one plain name. */
  into: string;
  /** The file of the source, if the source consists of files. */
  file?: SourceFile;
  /** The packages of the source, in place of a file, if its list has digests of packages and no addresses. */
  packages?: IndexedPackages;
}

/** Python packages whose files the host finds at an index, each as one wheel. */
export interface IndexedPackages {
  /** The packages. No two have one name. */
  packages: IndexedPackage[];
  /** The compatibility tags of wheels that fit, such as `py3-none-any`, the best one first. */
  tags: string[];
}

/** A Python package, as the source's list has it. */
export interface IndexedPackage {
  /** Its name in normal form: lower case, with one `-` between its parts. */
  name: string;
  /** The digests that the list has for it: each 64 lower-case hexadecimal digits. */
  sha256: string[];
}

/** A file of a source that consists of files. */
export interface SourceFile {
  /** Its path or address, as the source's list spells it. */
  path: string;
  /** 64 lower-case hexadecimal digits. */
  sha256: string;
  /** By default `file`. */
  unpack?: "file" | "tar-gz" | "tar-zst" | "zip" | "wheel";
  /** The number of leading folders to leave off each path in an archive. */
  leadingFolders?: number;
}

/** A change of one environment variable. `all` and `build` need `[metadata] build-variables` of buildpack.toml. */
export interface Env {
  name: string;
  value: string;
  /** By default `override`. */
  mode?: "append" | "default" | "override" | "prepend";
  /** By default `launch`. */
  scope?: "all" | "build" | "launch";
  /** The only process type that gets the change. Allowed only in the scope `launch`. */
  process?: string;
  /** The text between the value and an existing one. Allowed only in the modes `append` and `prepend`. */
  delimiter?: string;
}

/** A program that the launcher runs before the process, to set variables. */
export interface ExecD {
  name: string;
  program: Uint8Array;
  /** The only process type for which it runs. */
  process?: string;
}

/** A process type of the image. */
export interface Process {
  /** Its type, such as `web`: letters, digits, `.`, `_` and `-`. */
  type: string;
  /** The program, then arguments that a person who starts the image can't replace. */
  command: string[];
  /** Arguments that a person who starts the image can replace. */
  args?: string[];
  /** Whether it starts if no type is named. At most one process may be the default. */
  default?: boolean;
  /** By default the application directory. Absolute, or relative to that directory. */
  workingDirectory?: string;
  /** The execution environments of the process; all if empty. Needs Buildpack API 0.12. */
  execEnv?: string[];
}

/** Decides whether this buildpack takes part. */
export type Detect = (context: DetectContext) => Outcome;

/** Decides on the content of the image. */
export type Build = (context: BuildContext) => Built;

/** The buildpack takes part, with this build plan. */
export function pass(plan?: Plan & { alternatives?: Plan[] }): Outcome;

/** The buildpack does not take part, for this reason. This is not an error. */
export function fail(reason: string): Outcome;

/** A process that runs a line of shell. */
export function bash(type: string, command: string, options?: Partial<Process>): Process;

/** Messages to the user. */
export const log: {
  /** For debugging: shown if the platform asks for it (`BP_LOG_LEVEL=debug`). */
  debug(message: string): void;
  /** Progress of the phase. */
  info(message: string): void;
  /** A likely mistake that does not stop the build. */
  warning(message: string): void;
};

/** Thrown: the application does not meet this buildpack's requirements. `text` gives the reason and says what to do. */
export class ApplicationFailure extends Error {
  constructor(title: string, text?: string);
}

/** Thrown: the platform's input does not meet this buildpack's requirements, such as a variable's value. */
export class PlatformFailure extends Error {
  constructor(title: string, text?: string);
}

/** Thrown by a `Folder`: a file could not be read or written. */
export class FileFailure extends Error {
  readonly path: string;
  /** WASI's name of the error, such as `no-entry` or `not-permitted`. */
  readonly code: string;
}
