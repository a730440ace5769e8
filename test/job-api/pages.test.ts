import { describe, expect, it } from "vitest";
import { readPages } from "../../src/job-api/pages.ts";

const ALL = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
const read = async (after: string | undefined, size: number) => ALL.filter(({ id }) => after === undefined || id > after).slice(0, size);

describe("pages", () => {
  it("gives every item once, in pages, and tells how far it is", async () => {
    const told: unknown[] = [];
    const ports = { signal: new AbortController().signal, progress: (...now: unknown[]) => void told.push(now) };
    const pages: string[] = [];
    for await (const page of readPages({ size: 2, total: 5 }, read, ports)) pages.push(page.map(({ id }) => id).join(""));
    expect(pages).toEqual(["ab", "cd", "e"]);
    expect(told).toEqual([
      [2, 5],
      [4, 5],
      [5, 5],
    ]);
  });

  it("ends with the signal's reason between two pages, although nothing is waited for", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    setImmediate(() => controller.abort(new Error("enough")));
    const loop = async () => {
      for await (const page of readPages({ size: 1 }, read, { signal: controller.signal, progress: () => {} }))
        seen.push(page[0]?.id ?? "");
    };
    await expect(loop()).rejects.toThrow("enough");
    expect(seen.length).toBeLessThan(ALL.length);
  });
});
