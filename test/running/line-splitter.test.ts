import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineSplitter } from "../../src/running/line-splitter.ts";

function split(chunks: readonly string[]): { text: string; full: boolean }[] {
  const lines: { text: string; full: boolean }[] = [];
  const splitter = createLineSplitter((text, full) => lines.push({ text, full }));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.flush();
  return lines;
}

describe("the line splitter", () => {
  it("gives the same lines however the text comes in", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n") })), (chunks) => {
        expect(split(chunks)).toEqual(split([chunks.join("")]));
      }),
    );
  });

  it("loses no byte", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "\n") })), (chunks) => {
        const lines = split(chunks);
        expect(lines.map(({ text, full }) => text + (full ? "\n" : "")).join("")).toBe(chunks.join(""));
      }),
    );
  });

  it("cuts a line of 40,000 bytes into parts of 16 KiB", () => {
    expect(split([`${"x".repeat(40_000)}\n`]).map(({ text, full }) => [text.length, full])).toEqual([
      [16384, false],
      [16384, false],
      [7232, true],
    ]);
  });
});
