// Native tests: node --test

import assert from "node:assert/strict";
import { test } from "node:test";
import { build, detect } from "./buildpack.js";
import { bash, fail, pass } from "./kit/index.js";
import { Sample } from "./kit/testing.js";

test("takes part if there is a Procfile", (context) => {
  const sample = new Sample({ Procfile: "" });
  context.after(() => sample.remove());
  assert.deepEqual(sample.detect(detect), pass());
});

test("takes no part without a Procfile", (context) => {
  const sample = new Sample({});
  context.after(() => sample.remove());
  assert.deepEqual(sample.detect(detect), fail("the application has no Procfile"));
});

test("makes a process of each line", (context) => {
  const sample = new Sample({ Procfile: "web: ./serve --port 80\n\nhello\nworker: ./work\n" });
  context.after(() => sample.remove());
  assert.deepEqual(sample.build(build).processes, [
    bash("web", "./serve --port 80", { default: true }),
    bash("worker", "./work", { default: false }),
  ]);
  assert.deepEqual(sample.warnings, ["the Procfile has a line that is not 'name: command': hello"]);
});
