import { expect, test } from "vitest";
import { RUN_STATUSES } from "../../src/run.ts";
import { colourLevel, statusLook } from "../../src/output/looks.ts";
import { styleFor } from "../../src/output/style.ts";

test.each([
  [true, {}, 1],
  [false, {}, 0],
  [true, { TERM: "dumb" }, 0],
  [true, { NO_COLOR: "1" }, 0],
  [true, { NO_COLOR: "" }, 1],
  [false, { FORCE_COLOR: "1" }, 1],
  [false, { FORCE_COLOR: "3", NO_COLOR: "1" }, 3],
  [false, { FORCE_COLOR: "true" }, 1],
  [true, { FORCE_COLOR: "0" }, 0],
  [true, { FORCE_COLOR: "false" }, 0],
])("with a terminal: %s and %j the colour level is %i", (isTerminal, env, level) => expect(colourLevel(isTerminal, env)).toBe(level));

test("returns the text as it is where there are no colours", async () => {
  const output = { write: () => undefined, columns: undefined, isTerminal: false };
  expect((await styleFor(output, {})).red("text")).toBe("text");
  expect((await styleFor({ ...output, isTerminal: true }, {})).red("text")).toBe("\x1b[31mtext\x1b[39m");
});

test("gives every status a sign and words", () => {
  expect(RUN_STATUSES.map((status) => statusLook(status, false).text)).toEqual([
    "▸ running",
    "✓ succeeded",
    "✗ failed",
    "✗ timed out",
    "■ cancelled",
    "✗ crashed",
    "✗ not started",
    "○ skipped",
  ]);
  expect(statusLook("succeeded", true)).toEqual({ text: "! warning", colour: "yellow" });
});
