import { countOf } from "jobctl";
import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type EntryOptions, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const ENTRY = "performance-monitor";
const MINUTE = 60_000;
const DAY = 86_400_000;
const ago = (age: number): string => new Date(NOW - age).toISOString();
/** The machine of the tests may be busy. */
const CALM = ["maxLoad=10000", "maxMemory=100", "maxDisk=100", "maxDatabaseLatency=1m", "maxTimesMedian=1000000"].flatMap((set) => [
  "--set",
  set,
]);
const STATE = ["loadPerCore", "memoryUsedPercent", "diskUsedPercent", "databaseLatencyMs", "databaseBytes"];

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("performance-monitor on %s", (dialect) => {
  async function database(samples: { metric: string; value: number; age: number }[] = []): Promise<TestDatabase> {
    const data = await appDatabase(dialect);
    open.push(data);
    const rows = samples.map(({ metric, value, age }, index) => ({ id: `s${index}`, metric, value, sampled_at: ago(age) }));
    if (rows.length > 0) await data.db.insertInto("performance_samples").values(rows).execute();
    return data;
  }

  it("keeps a sample of each metric; a second run of the same instant replaces them, a dry run keeps none", async () => {
    const data = await database();
    expect(await monitor(data, { args: [...CALM, "--dry-run"] })).toMatchObject({
      status: "succeeded",
      result: { sampleCount: 5, exceededCount: 0 },
    });
    expect(await metrics(data)).toEqual([]);
    await monitor(data);
    const run = await monitor(data);
    expect(run).toMatchObject({ status: "succeeded", exitCode: 0, result: { sampleCount: 5, exceededCount: 0, deletedCount: 0 } });
    expect(await metrics(data)).toEqual(STATE.toSorted());
    const { samples } = run.result as { samples: Record<string, { value: number }> };
    expect(samples["databaseBytes"]?.value).toBeGreaterThan(100_000);
  });

  it("compares with the metric's own median of seven days, of enough samples, and not with older ones", async () => {
    const old = size(
      1,
      Array.from({ length: 100 }, (_, index) => 7 * DAY + 1 + index),
    );
    const data = await database([...old, ...size(10, [MINUTE, 7 * DAY]), ...size(20, [2 * MINUTE]), ...size(90, [3 * MINUTE])]);
    const of = async (least: number) => (await monitor(data, { args: [...CALM, "--set", `minSamples=${least}`, "--dry-run"] })).result;
    expect(await of(4)).toMatchObject({ samples: { databaseBytes: { median: 15 } } });
    expect(await of(5)).toMatchObject({ samples: { databaseBytes: { median: null } } });
  });

  it("fails on what is above its limit, and keeps the samples all the same", async () => {
    const data = await database([{ metric: "x", value: 1, age: 60 * DAY }]);
    const run = await monitor(data, { args: [...CALM, "--set", "maxMemory=0", "--set", "maxDisk=0"] });
    expect(run).toMatchObject({ status: "failed", exitCode: 1, result: { sampleCount: 5, exceededCount: 2, deletedCount: 1 } });
    expect(run.error).toMatch(/^2 of 5 items failed:/);
    expect(run.result["failures"]).toMatchObject([
      { item: "memoryUsedPercent", error: expect.stringMatching(/^[\d.]+ is above 0, its limit maxMemory; /) },
      { item: "diskUsedPercent" },
    ]);
    expect(await metrics(data)).toHaveLength(5);
  });

  it("samples how long the runs since the last sample took, and not those before", async () => {
    const past = Array.from({ length: 40 }, (_, index) => ({ metric: "runDurationMs.token-cleanup", value: 0.001, age: DAY + index }));
    const data = await database(past);
    const stateDir = temporaryFolder();
    const now = Date.now();
    expect(await runEntry("token-cleanup", data, { now, stateDir })).toMatchObject({ status: "succeeded" });
    await runEntry("token-cleanup", data, { now, stateDir });
    const run = await monitor(data, { now: Date.now() + 1000, stateDir });
    expect(run).toMatchObject({ status: "succeeded", result: { sampleCount: 6, exceededCount: 0 } });
    const { samples } = run.result as { samples: Record<string, { value: number }> };
    expect(samples["runDurationMs.token-cleanup"]?.value).toBeGreaterThan(10);
    expect((await monitor(data, { now: Date.now() + 60 * MINUTE, stateDir })).result).toMatchObject({ sampleCount: 5 });
  });

  it("deletes samples that are older than they are kept at the last midnight", async () => {
    const midnight = NOW - Date.parse("2026-11-22T00:00:00.000Z");
    const data = await database([
      { metric: "x", value: 1, age: midnight + 30 * DAY + 1 },
      { metric: "y", value: 1, age: midnight + 30 * DAY },
    ]);
    expect((await monitor(data)).result).toMatchObject({ deletedCount: 1 });
    expect(await metrics(data)).toEqual([...STATE, "y"].toSorted());
  });

  it("keeps its samples and what it has deleted when it is cancelled half-way; the next run finishes, with one sample of each", async () => {
    const data = await database();
    await addOld(data, 12_000);
    const cancelled = await cancelAt("wait:2", ENTRY, data, { args: CALM });
    const left = await olds(data);
    expect(isHalfWay(left, 12_000)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { sampleCount: 5, deletedCount: 12_000 - left } });
    expect(await monitor(data)).toMatchObject({ status: "succeeded", result: { sampleCount: 5, deletedCount: left } });
    expect(await metrics(data)).toEqual(STATE.toSorted());
  });
});

async function addOld({ db }: TestDatabase, amount: number): Promise<void> {
  for (let from = 0; from < amount; from += 2000) {
    const rows = Array.from({ length: 2000 }, (_, index) => ({
      id: `old${from + index}`,
      metric: "old",
      value: 1,
      sampled_at: ago(60 * DAY),
    }));
    await db.insertInto("performance_samples").values(rows).execute();
  }
}

async function olds({ db }: TestDatabase): Promise<number> {
  return countOf(db.selectFrom("performance_samples").where("metric", "=", "old"));
}

function size(value: number, ages: number[]) {
  return ages.map((age) => ({ metric: "databaseBytes", value, age }));
}

async function monitor(data: TestDatabase, options: EntryOptions = {}) {
  return runEntry(ENTRY, data, { args: CALM, ...options });
}

async function metrics({ db }: TestDatabase): Promise<string[]> {
  const rows = await db.selectFrom("performance_samples").select("metric").execute();
  return rows.map(({ metric }) => metric).toSorted();
}
