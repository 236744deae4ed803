// Tests the kit for JavaScript in node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FileFailure, fail, log, pass } from "../../../sdk/js/index.js";
import * as lower from "../../../sdk/js/lower.js";
import { Sample } from "../../../sdk/js/testing.js";
import { decode, encode } from "../../../sdk/js/utf8.js";

function sample(context, files = {}) {
  const made = new Sample(files);
  context.after(() => made.remove());
  return made;
}

test("UTF-8 is that of the platform, for any bytes and any text", (context) => {
  const { TextDecoder, TextEncoder } = globalThis;
  const [decoder, encoder] = [new TextDecoder("utf-8", { ignoreBOM: true }), new TextEncoder()];
  context.after(() => Object.assign(globalThis, { TextDecoder, TextEncoder }));
  Object.assign(globalThis, { TextDecoder: undefined, TextEncoder: undefined });
  // First and last bytes of each range that the encoding distinguishes.
  const bytes = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];
  let checked = 0;
  for (const a of bytes) {
    for (const b of bytes) {
      for (const c of bytes) {
        for (const d of bytes) {
          const some = Uint8Array.of(a, b, c, d);
          const text = decoder.decode(some);
          assert.equal(decode(some), text, `${some}`);
          assert.deepEqual(encode(text), encoder.encode(text));
          checked += 1;
        }
      }
    }
  }
  assert.equal(checked, bytes.length ** 4);
  const odd = "a\ud800b\udc00\ud83d\ude00é";
  assert.deepEqual(encode(odd), encoder.encode(odd));
});

test("every field of a result is converted", (context) => {
  const made = sample(context);
  const layer = {
    name: "tools",
    launch: true,
    metadata: { version: "1" },
    contents: [
      { source: "source", into: "into", file: { path: "a", sha256: "0".repeat(64), unpack: "zip" } },
      { source: "source", into: "into", packages: { packages: [{ name: "a-b", sha256: ["1"] }], tags: ["py3-none-any"] } },
      { source: "source", into: "into" },
    ],
    env: [{ name: "A", value: "b", mode: "append", scope: "launch", process: "web", delimiter: ":" }],
    execD: [{ name: "program", program: Uint8Array.of(1) }],
    executables: ["bin/tool"],
  };
  const processes = [{ type: "web", command: ["a"], args: ["b"], default: true, workingDirectory: "c", execEnv: ["d"] }];
  const built = { layers: [layer], processes, labels: { key: "value" }, slices: [["*.js"]], unmet: ["a"], store: { n: 1 } };
  assert.equal(made.build(() => built), built);
  const parts = lower.output(built).layers[0].contents.map(({ part }) => part);
  assert.deepEqual(parts, [
    { tag: "file", val: { path: "a", sha256: "0".repeat(64), unpack: "zip", leadingFolders: 0 } },
    { tag: "packages", val: { packages: [{ name: "a-b", sha256: ["1"] }], tags: ["py3-none-any"] } },
    null,
  ]);
  const plan = { provides: ["a"], requires: [{ name: "a", metadata: { b: 1 } }], alternatives: [{}] };
  assert.deepEqual(made.detect(() => pass(plan)), pass(plan));
  assert.deepEqual(made.detect(() => fail("reason")), fail("reason"));
});

test("a wrong result is named", (context) => {
  const made = sample(context);
  const cases = [
    [undefined, "the result of 'build' must be an object, but it is undefined"],
    [{ process: [] }, "the result of 'build' has the unknown field 'process'; its fields are layers, processes, labels, slices, unmet, store"],
    [{ processes: [{ type: "web", command: "bash" }] }, "command of process 'web' must be an array, but it is a value of type 'string'"],
    [{ labels: { key: 1 } }, "label 'key' must be a string, but it is a value of type 'number'"],
    [
      { layers: [{ name: "a", env: [{ name: "A", value: "b", mode: "replace" }] }] },
      "mode of variable 'A' must be one of 'append', 'default', 'override', 'prepend', but it is 'replace'",
    ],
  ];
  const content = (part) => ({ layers: [{ name: "a", contents: [{ source: "b", into: "c", ...part }] }] });
  const of = "an item of contents of layer 'a'";
  cases.push(
    [content({ file: {}, packages: {} }), `${of} must have a file or packages, but it has both`],
    [
      content({ packages: { packages: [{ name: "d", sha256: "e" }] } }),
      `sha256 of an item of packages of ${of} must be an array, but it is a value of type 'string'`,
    ],
    [content({ packages: { names: [] } }), `packages of ${of} has the unknown field 'names'; its fields are packages, tags`],
  );
  for (const [result, message] of cases) {
    assert.throws(() => made.build(() => result), { name: "TypeError", message });
  }
  const message = "'detect' must return pass(…) or fail(reason), but it returned a value of type 'boolean'";
  assert.throws(() => made.detect(() => true), { name: "TypeError", message });
});

test("a layer is written in its own directory", (context) => {
  const made = sample(context);
  const { layers } = made.build(({ layer }) => {
    const tools = layer("tools", { launch: true });
    assert.equal(tools.write("bin/tool", "é", { executable: true }), `${made.layers.path}/tools/bin/tool`);
    tools.write("data", Uint8Array.of(0xff));
    return { layers: [tools] };
  });
  assert.deepEqual(layers[0].executables, ["bin/tool"]);
  assert.equal(made.layers.readText("tools/bin/tool"), "é");
  assert.deepEqual(made.layers.list("tools"), ["bin", "data"]);
});

test("files are found, and a missing one is named", (context) => {
  const made = sample(context, { "a/b": "text" });
  made.detect(({ app }) => {
    assert.ok(app.exists("a") && app.isDirectory("a") && !app.isFile("a"));
    assert.ok(app.isFile("a/b") && !app.exists("a/b/c") && !app.exists("none"));
    assert.throws(() => app.readText("none"), (error) => {
      assert.ok(error instanceof FileFailure);
      assert.equal(error.message, "can't read 'none': no-entry");
      return true;
    });
    assert.throws(() => app.readText(), { name: "TypeError" });
    return pass();
  });
});

test("a test gives what the host would, and has the log", (context) => {
  const made = sample(context);
  const given = { variables: { A: "b" }, plan: [{ name: "node", metadata: {} }], store: { n: 1 }, hasIndex: true };
  made.build(({ variables, plan, store, hasIndex }) => {
    log.info(`${variables.A} ${plan[0].name} ${store.n} ${hasIndex}`);
    return {};
  }, given);
  assert.deepEqual(made.log, [["info", "b node 1 true"]]);
});
