// Makes the arguments of `detect` and `build` from the contract's records.

import { Folder } from "./files.js";

/** `open` returns the backend of a directory. */
export function detectContext(record, open) {
  const { os, arch, archVariant, distroName, distroVersion } = record.target;
  return {
    app: new Folder(record.appDir, open(record.appDir)),
    target: {
      os,
      arch,
      archVariant: archVariant ?? undefined,
      distroName: distroName ?? undefined,
      distroVersion: distroVersion ?? undefined,
    },
    execEnv: record.execEnv,
    variables: Object.fromEntries(record.variables.map(({ name, value }) => [name, value])),
    metadata: JSON.parse(record.metadata),
    hasIndex: record.hasIndex,
  };
}

export function buildContext(record, open) {
  const store = record.store ?? undefined;
  const layers = new Folder(record.layersDir, open(record.layersDir));
  return {
    ...detectContext(record, open),
    layers,
    plan: record.buildpackPlan.map(({ name, metadata }) => ({ name, metadata: JSON.parse(metadata) })),
    restored: Object.fromEntries(record.restoredLayers.map(({ name, metadata }) => [name, JSON.parse(metadata)])),
    store: store === undefined ? undefined : JSON.parse(store),
    layer: (name, options = {}) => new Layer(layers, name, options),
  };
}

/** The declaration of a layer that knows its directory. */
class Layer {
  #layers;

  constructor(layers, name, options) {
    this.#layers = layers;
    this.name = name;
    Object.assign(this, options);
    this.executables = [...(options.executables ?? [])];
  }

  /** The layer's directory, which is also the path at launch. */
  get path() {
    return `${this.#layers.path}/${this.name}`;
  }

  /** Writes a file into the layer, and makes the folders above it. Returns the file's path. */
  write(path, content, { executable = false } = {}) {
    this.#layers.write(`${this.name}/${path}`, content);
    if (executable && !this.executables.includes(path)) {
      this.executables.push(path);
    }
    return `${this.path}/${path}`;
  }
}
