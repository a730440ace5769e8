import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { secondOpinion } from "../../src/schedule/second-opinion.ts";
import { schedule } from "./arbitraries.ts";

/** Fields that every reader of cron expressions understands in the same way: no star steps in day fields, no repeats. */
const plain = fc
  .tuple(
    fc.constantFrom("0", "*/15", "5,35", "10-20", "7"),
    fc.constantFrom("*", "3", "*/6", "9-17", "0,12"),
    fc.constantFrom("*", "1", "15", "10-20"),
    fc.constantFrom("*", "2", "1-6", "JAN,JUL"),
    fc.constantFrom("*", "1", "MON-FRI", "0,6"),
  )
  .map((fields) => fields.join(" "));

const opinion = (text: string, zone = "UTC"): string | undefined => {
  const parsed = schedule(text, zone);
  if (parsed.kind !== "cron") throw new Error("no cron expression");
  return secondOpinion(text, parsed, Date.UTC(2026, 10, 22));
};

describe("cron-parser's opinion", () => {
  it("is ours for plain fields in UTC", () => {
    fc.assert(
      fc.property(plain, (text) => {
        expect(opinion(text)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["0 0 */2 * 1", "UTC", "cron-parser reads it differently: it has 2026-11-25 00:00 where cron and jobctl have 2026-12-07 00:00"],
    [
      "30 2 28 3 *",
      "Europe/Berlin",
      "cron-parser reads it differently: it has 2027-03-28 03:30 where cron and jobctl have 2028-03-28 02:30",
    ],
    ["0 0 1-31 * 1", "UTC", undefined],
  ])("of %j in %s is told where it differs", (text, zone, expected) => {
    expect(opinion(text, zone)).toBe(expected);
  });

  it("is told where it refuses what cron takes", () => {
    expect(opinion("0,0 3 * * *")).toMatch(/^cron-parser refuses it: /);
  });
});
