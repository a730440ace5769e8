import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isJobctlError } from "../../src/errors.ts";
import { resolveJobs } from "../../src/manifest/resolve-job.ts";
import { load, UID } from "../helpers/manifest.ts";
import { world } from "../helpers/world.ts";

const SOURCES = ["user-data-cleanup", "email-digest"].map((name) =>
  readFileSync(new URL(`../fixtures/manifest/${name}.yaml`, import.meta.url), "utf8"),
);
const SCRAPS = [
  "\t",
  "\0",
  ": ",
  "- ",
  "{",
  "}",
  "[",
  "]",
  "&a ",
  "*a",
  "!!js/x ",
  "<<: ",
  "${X}",
  "${X:-",
  "---\n",
  "\n",
  "'",
  '"',
  "|",
  "#",
  "99999999999",
  "-1",
  ".inf",
  "null",
  "\u2028",
  "constructor",
];

/** Numbers of [0, n) from a seed (mulberry32), so that a failure can be repeated. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * sides);
  };
}

/** Cuts, doubles, moves or dirties a few places of a good manifest. */
function mutate(seed: number): string {
  const roll = dice(seed);
  let text = SOURCES[roll(SOURCES.length)] ?? "";
  for (let count = 1 + roll(4); count > 0; count -= 1) {
    const at = roll(text.length);
    const length = roll(12);
    const scrap = roll(3) === 0 ? text.slice(roll(text.length)).slice(0, 20) : (SCRAPS[roll(SCRAPS.length)] ?? "");
    text = text.slice(0, at) + (roll(4) === 0 ? "" : scrap) + text.slice(at + (roll(2) === 0 ? length : 0));
  }
  return text;
}

it("takes or refuses each of 1,000 mutated manifests with a sentence, never with a crash", () => {
  const seen = { good: 0, refused: 0 };
  for (let seed = 0; seed < 1000; seed += 1) {
    try {
      resolveJobs(load(mutate(seed), { env: { X: "5m" } }), { env: { X: "5m" }, uid: UID });
      seen.good += 1;
    } catch (error) {
      if (!isJobctlError(error)) throw new Error(`seed ${seed}`, { cause: error });
      expect(`${seed} ${error.code} ${error.message.length > 20}`).toBe(`${seed} config true`);
      seen.refused += 1;
    }
  }
  expect(Math.min(seen.good, seen.refused)).toBeGreaterThan(50);
});

it("ends with 0 or 78 through the built program", async () => {
  const { jobctl, write } = world("");
  for (let seed = 5000; seed < 5012; seed += 1) {
    const file = write("mutated.yaml", mutate(seed));
    const { code, stdout, stderr } = await jobctl(["list", "--manifest", file], { X: "5m" });
    expect([0, 78]).toContain(code);
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
  }
});
