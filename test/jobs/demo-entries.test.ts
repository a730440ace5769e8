import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { makeDemoDatabase } from "../../src/job-api/app-database/demo-database.ts";
import { MANIFEST, permitting, runEntry } from "../helpers/entry.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { ROOT } from "../helpers/world.ts";

const { jobs } = parse(readFileSync(MANIFEST, "utf8")) as { jobs: Record<string, { enabled?: boolean }> };
const enabled = Object.keys(jobs).filter((name) => jobs[name]?.enabled !== false);

/** The machine of the tests may be busy. */
const CALM: Record<string, Record<string, number>> = {
  "performance-monitor": { maxLoad: 10_000, maxMemory: 100, maxDisk: 100, maxDatabaseLatency: 60_000, maxTimesMedian: 100_000 },
};

it("every enabled entry runs green on the database of `jobctl demo`, which fills all 33 tables", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "var"));
  cpSync(join(ROOT, "jobs"), join(folder, "jobs"), { recursive: true });
  const path = join(folder, "var/app.db");
  const now = Date.now();
  const tables = await makeDemoDatabase(path, { users: 1000, now: new Date(now), schema: join(ROOT, "jobs/schema") });
  expect(tables).toHaveLength(33);
  expect(tables.filter(({ amount }) => amount === 0)).toEqual([]);

  const manifest = join(folder, "jobs/manifest.yaml");
  writeFileSync(manifest, permitting(readFileSync(MANIFEST, "utf8")));
  const stateDir = join(folder, "state");
  const ends: Record<string, unknown> = {};
  for (const name of enabled) {
    const env = { JOBCTL_ENV: "production" };
    const { status, error, result } = await runEntry(
      name,
      { url: `sqlite:${path}` },
      { now, manifest, stateDir, env, set: CALM[name] ?? {} },
    );
    ends[name] = status === "succeeded" ? status : { status, error, result };
  }
  expect(ends).toEqual(Object.fromEntries(enabled.map((name) => [name, "succeeded"])));
});
