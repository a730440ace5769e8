import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { world } from "../helpers/world.ts";

it("tells a bug with the version, Node's, and where in the sources it is, and ends with 70", async () => {
  const w = world("work: { command: ['true'] }");
  await sleep(2100); // a copy is only kept of a file that is older than two seconds
  await w.jobctl(["run", "work"]);
  const copy = readdirSync(join(w.dir, "cache")).find((name) => /^manifest-[0-9a-f]+$/.test(name)) ?? "no copy";
  // What only the program itself writes, and never so.
  writeFileSync(join(w.dir, "cache", copy), w.read(`cache/${copy}`).replaceAll('"work":{"kind"', '"wurk":{"kind"'), { mode: 0o600 });
  const { code, stderr } = await w.jobctl(["run", "work"]);
  expect([code, stderr.split("\n").slice(0, 3)]).toEqual([
    70,
    [
      expect.stringMatching(/^jobctl \d+\.\d+\.\d+: this is a bug in jobctl, please report it with these lines \(Node v[\d.]+\):$/),
      "TypeError: Cannot read properties of undefined (reading 'kind')",
      expect.stringMatching(/^ {4}at \w+ \(src\/manifest\/resolve-job\.ts:\d+:\d+\)$/),
    ],
  ]);
});
