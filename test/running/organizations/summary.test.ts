import { describe, expect, it } from "vitest";
import type { RunOutcome } from "../../../src/run.ts";
import { outcomeOfParts, type PartEnd } from "../../../src/running/organizations/summary.ts";

const part = (organization: string, outcome: RunOutcome, exitCode: number, id: number | null = 2): PartEnd => ({
  organization,
  report: { id, outcome, exitCode, usage: null },
});
const ok = (organization: string, result?: object): PartEnd =>
  part(organization, { status: "succeeded", exitCode: 0, ...(result ? { result: result as never } : {}) }, 0);
const bad = (organization: string, exitCode: number): PartEnd =>
  part(organization, { status: "failed", reason: "exit-code", exitCode }, exitCode);
const counted = (organizations: number, cancelled?: NodeJS.Signals) => ({ organizations, doneBefore: 0, cancelled });

describe("the end of a run for organizations", () => {
  it("is a success where all were done, with the sums of their counts", () => {
    expect(outcomeOfParts([ok("a", { sent: 2, note: "x" }), ok("b", { sent: 3, kept: 1 })], counted(2))).toEqual({
      status: "succeeded",
      exitCode: 0,
      result: {
        organizations: 2,
        succeeded: 2,
        failed: 0,
        totals: { sent: 5, kept: 1 },
      },
    });
  });

  it("has a warning where one of them had one", () => {
    const warned = part("a", { status: "succeeded", exitCode: 4, warn: true }, 0);
    expect(outcomeOfParts([warned, ok("b")], counted(2))).toMatchObject({ status: "succeeded", warn: true, exitCode: 0 });
  });

  it("is the last failure, also where a skip came after it", () => {
    expect(outcomeOfParts([bad("a", 3), bad("b", 4), ok("c")], counted(3))).toMatchObject({
      status: "failed",
      reason: "organizations",
      exitCode: 4,
    });
    const skipped = part("d", { status: "skipped", reason: "job-check", detail: "no server" }, 75);
    const nothing = part("e", { status: "skipped", reason: "nothing-to-do", detail: "exit code 9" }, 0);
    expect(outcomeOfParts([bad("a", 3), skipped, nothing], counted(3))).toMatchObject({
      exitCode: 75,
      error: "2 of 3 organizations were not done: a, d\n  a (run 2): failed, exit code 3\n  d (run 2): skipped: job-check: no server",
      result: { failed: 1, skipped: 2, succeeded: 0 },
    });
  });

  it("names ten and keeps a hundred of many failures", () => {
    const ends = Array.from({ length: 150 }, (_, index) => bad(`o${index}`, 1));
    const outcome = outcomeOfParts(ends, counted(150)) as unknown as { error: string; result: { failed: number; failures: unknown[] } };
    expect(outcome.error.split("\n")).toHaveLength(11);
    expect(outcome.error).toMatch(/^150 of 150 organizations were not done: o0, .*, o9, and 140 more\n/);
    expect([outcome.result.failed, outcome.result.failures.length]).toEqual([150, 100]);
  });

  it("is cancelled where a signal left something undone, and not where it came too late", () => {
    const ended = part("a", { status: "cancelled", signal: "SIGTERM" }, 143);
    expect(outcomeOfParts([ended], counted(3, "SIGTERM"))).toMatchObject({
      status: "cancelled",
      signal: "SIGTERM",
      result: { cancelled: 1, left: 2 },
    });
    expect(outcomeOfParts([ok("a")], counted(2, "SIGTERM"))).toMatchObject({ status: "cancelled", result: { left: 1 } });
    expect(outcomeOfParts([ok("a")], counted(1, "SIGTERM"))).toMatchObject({ status: "succeeded" });
  });
});
