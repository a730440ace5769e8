import { expect, it } from "vitest";
import { createProgressLine } from "../../src/output/progress-line.ts";

function drawn(columns: number | undefined, ...progress: [number, number | undefined, string | undefined]): string {
  const written: string[] = [];
  createProgressLine({ write: (text) => written.push(text), columns }).draw(...progress);
  return written.join("").replace("\r\u001b[K", "");
}

it.each([
  [80, [4, 8, "of them"], "[###############---------------] 50% 4/8 of them"],
  [undefined, [8, 8, undefined], "[##############################] 100% 8/8 "],
  [40, [10, 20, undefined], "[########-------] 50% 10/20 "],
  [80, [7, undefined, "found"], "7 found"],
  [80, [9, 8, "more than all"], "[##############################] 100% 9/8 more than all"],
  [80, [1, 2, "two\nlines \u001b[31m"], "[###############---------------] 50% 1/2 two lines  [31m"],
] as const)("fits into %s columns: %j", (columns, [done, total, text], line) => {
  expect(drawn(columns, done, total, text)).toBe(line);
});

it("is cut where the terminal ends, since a line that wraps can't be taken away", () => {
  for (const columns of [20, 40, 80, 200]) expect(drawn(columns, 1, 3, "x".repeat(300)).length).toBe(columns - 1);
});

it("takes away only what it has drawn", () => {
  const written: string[] = [];
  const line = createProgressLine({ write: (text) => written.push(text), columns: 80 });
  line.clear();
  expect(written).toEqual([]);
  line.draw(1, 1, undefined);
  line.clear();
  line.clear();
  expect(written.slice(1)).toEqual(["\r\u001b[K"]);
});
