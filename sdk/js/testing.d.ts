import type { Build, BuildContext, Built, Detect, DetectContext, Folder, Outcome, WritableFolder } from "./index.js";

/** The fields of a context that a test can set. */
export type Given<Context> = Partial<Omit<Context, "app" | "layers" | "layer">>;

/** A temporary application directory, and a directory for layers. */
export class Sample {
  /** Makes the application of these files: the keys are paths. */
  constructor(files: Record<string, string | Uint8Array>);
  readonly app: Folder;
  readonly layers: WritableFolder;
  /** The messages that were logged: pairs of a level and a message. */
  readonly log: [level: "debug" | "info" | "warning", message: string][];
  readonly warnings: string[];
  detect(detect: Detect, given?: Given<DetectContext>): Outcome;
  build(build: Build, given?: Given<BuildContext>): Built;
  /** Removes the directories. */
  remove(): void;
}
