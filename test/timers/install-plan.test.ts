import { describe, expect, it } from "vitest";
import { driftOf, planChanges, undone } from "../../src/timers/install-plan.ts";
import { unifiedDiff } from "../../src/timers/unified-diff.ts";

const files = (texts: Record<string, string>): { name: string; text: string }[] =>
  Object.entries(texts).map(([name, text]) => ({ name, text }));

describe("a plan", () => {
  it.each([
    ["adds", { a: "1" }, undefined, {}, [{ name: "a", before: null, after: "1", isDrift: false }]],
    ["leaves what is as wanted", { a: "1" }, { a: "0" }, { a: "1" }, []],
    ["changes", { a: "2" }, { a: "1" }, { a: "1" }, [{ name: "a", before: "1", after: "2", isDrift: false }]],
    ["sees a hand edit", { a: "2" }, { a: "1" }, { a: "x" }, [{ name: "a", before: "x", after: "2", isDrift: true }]],
    ["takes what nobody remembers for one", { a: "2" }, undefined, { a: "1" }, [{ name: "a", before: "1", after: "2", isDrift: true }]],
    ["removes what is stale", {}, { a: "1" }, { a: "1" }, [{ name: "a", before: "1", after: null, isDrift: false }]],
    ["puts back what was deleted", { a: "1" }, { a: "1" }, {}, [{ name: "a", before: null, after: "1", isDrift: false }]],
  ])("%s", (_, wanted, applied, found, changes) => {
    expect(planChanges({ wanted: files(wanted), applied, found: files(found) })).toEqual(changes);
  });

  it("is refused where a name is somebody else's", () => {
    const found = [{ name: "a", text: "x", foreign: "/etc/a: was not made by jobctl" }];
    expect(() => planChanges({ wanted: files({ a: "1" }), applied: { a: "1" }, found })).toThrow(
      "/etc/a: was not made by jobctl; what is not this manifest's is never touched: remove it, or give this manifest another prefix",
    );
  });

  it("tells drift, and what an undo wants", () => {
    expect(driftOf({ applied: { a: "1", b: "1", c: "1" }, found: files({ a: "1", b: "2" }) })).toEqual([
      { name: "b", drift: "edited" },
      { name: "c", drift: "missing" },
    ]);
    expect(undone({ a: "2", b: "1" }, { a: "1", b: null, c: "0" })).toEqual(files({ a: "1", c: "0" }));
  });
});

describe("a unified diff", () => {
  it("is empty for equal texts", () => expect(unifiedDiff("a", "1\n", "1\n")).toBe(""));

  it("shows changes with three lines around", () => {
    const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    expect(unifiedDiff("a", before, before.replace("5\n", "five\n5a\n"))).toBe(
      "--- a\n+++ a\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+5a\n 6\n 7\n 8\n",
    );
  });

  it("shows what is new and what is gone whole", () => {
    expect(unifiedDiff("a", null, "1\n2\n")).toBe("--- /dev/null\n+++ a\n@@ -0,0 +1,2 @@\n+1\n+2\n");
    expect(unifiedDiff("a", "1\n", null)).toBe("--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n");
  });
});
