import fc from "fast-check";
import { expect, it } from "vitest";
import { isPlainLine, oneLine, widthOf } from "../../src/output/text.ts";

const plain = ["a", "Z", "~", "é", "…", "✓", "▸"];
const other = ["\t", "\n", "\x1b[31m", "\x7f", "\u00ad", "日", "👍", "\u0301"];
const textOf = (parts: string[]) => fc.array(fc.constantFrom(...parts, " ", "  "), { maxLength: 6 }).map((each) => each.join(""));

it("takes for a plain line only what oneLine leaves as it is, and what is as wide as it is long", () => {
  fc.assert(
    fc.property(textOf([...plain, ...other]), (text) => {
      if (isPlainLine(text)) expect([oneLine(text), widthOf(text)]).toEqual([text, text.length]);
    }),
    { numRuns: 5000 },
  );
});

it("takes for a plain line all words of narrow characters with one space between them", () => {
  fc.assert(
    fc.property(textOf(plain), (text) => {
      expect(isPlainLine(text)).toBe(oneLine(text) === text);
    }),
  );
});
