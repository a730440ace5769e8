import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { Row } from "../../bench/rows.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { ROOT } from "../helpers/world.ts";

const bench = async (...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [join(ROOT, "bench/jobs.ts"), ...args]);

it("measures deletions, karma and audit rows on both databases, and tells what it measured", { timeout: 240_000 }, async () => {
  const json = join(temporaryFolder(), "result.json");
  const { stdout } = await bench("--rows", "1000", "--json", json);
  const { rows } = JSON.parse(readFileSync(json, "utf8")) as { rows: Row[] };
  for (const dialect of ["sqlite", "postgres"]) {
    for (const what of ["1,000 of 2,000 carts (1 index): job", "karma of 100 users", "archiving 1,000 audit rows"]) {
      expect(rows.find((row) => row.what === `${dialect}, ${what}`)).toMatchObject({ unit: "rows/s", measured: expect.any(Number) });
      expect(stdout).toContain(`${dialect}, ${what}`);
    }
  }
  expect(rows.filter(({ measured }) => !(measured >= 0))).toEqual([]);
  const memory = rows.filter(({ what }) => what.endsWith("peak memory"));
  expect(memory).toHaveLength(16);
});

it("says which option is wrong", async () => {
  await expect(bench("--only", "deletes")).rejects.toThrow("bench: --only deletes: write one of delete, karma, audit");
});
