import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { runEntry } from "../../helpers/entry.ts";
import { forbid } from "../../helpers/forbid.ts";
import { NOW, runHost, shippedJob } from "../../helpers/host.ts";

const ENTRY = "regenerate-summaries";
const DAY = 86_400_000;
const ago = (age: number): string => new Date(NOW - age).toISOString();

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("regenerate-summaries on %s", (dialect) => {
  async function tracker(): Promise<TestDatabase> {
    const data = await appDatabase(dialect);
    open.push(data);
    await data.db
      .insertInto("users")
      .values({ id: "u", email: "u@example.com", created_at: ago(0) })
      .execute();
    return data;
  }

  it("adds up what was paid, by recipient, and what is outstanding", async () => {
    const data = await tracker();
    await addSnapshots(data, { before: { year: 1446, zakat: 80_000, age: 300 * DAY }, now: { zakat: 100_000, age: DAY } });
    await addPayments(data, "now", { a: { amount: 20_000, to: "poor" }, b: { amount: 5000, to: "poor" }, c: { amount: 8333, to: null } });
    const counts = { dueCount: 1, regeneratedCount: 1, failedCount: 0, remainingCount: 0 };
    expect(await runEntry(ENTRY, data, { args: ["--dry-run"] })).toMatchObject({ status: "succeeded", result: counts });
    expect(await summaries(data)).toEqual([]);
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: counts });
    const [summary] = await summaries(data);
    expect(summary).toMatchObject({
      snapshot_id: "now",
      hijri_year: 1447,
      start_date: "2025-12-02",
      end_date: "2026-11-21",
      total_calculated_minor: 100_000,
      total_paid_minor: 33_333,
      outstanding_minor: 66_667,
      completion_percent: 33.33,
      number_of_payments: 3,
      recipient_summary: '{"poor":{"payments":2,"totalMinor":25000},"unspecified":{"payments":1,"totalMinor":8333}}',
      comparative_analysis: '{"hijriYear":1446,"calculatedMinor":80000,"changeMinor":20000,"changePercent":25}',
      generated_at: ago(0),
      version: 1,
    });
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { dueCount: 0, regeneratedCount: 0 } });
  });

  it.each([
    ["nothing was due", 0, [], { outstanding_minor: 0, completion_percent: 100 }],
    ["more was paid than due", 1000, [1500], { outstanding_minor: 0, completion_percent: 100, total_paid_minor: 1500 }],
    ["all was paid", 1000, [400, 600], { outstanding_minor: 0, completion_percent: 100 }],
    ["nothing was paid", 1000, [], { outstanding_minor: 1000, completion_percent: 0, number_of_payments: 0 }],
  ])("is right where %s", async (_, zakat, amounts, expected) => {
    const data = await tracker();
    await addSnapshots(data, { s: { zakat } });
    await addPayments(data, "s", Object.fromEntries(amounts.map((amount, index) => [`p${index}`, { amount }])));
    await regenerate(data);
    expect(await summaries(data)).toMatchObject([expected]);
  });

  it("takes the snapshot and the payment on the edge of seven days, and not what is a millisecond older, a draft, or unlocked", async () => {
    const data = await tracker();
    await addSnapshots(data, {
      edge: { age: 7 * DAY },
      older: { age: 7 * DAY + 1 },
      paid: { age: 90 * DAY },
      paidLongAgo: { age: 90 * DAY },
      draft: { status: "draft" },
      unlocked: { status: "unlocked" },
    });
    await addPayments(data, "paid", { p1: { age: 7 * DAY } });
    await addPayments(data, "paidLongAgo", { p2: { age: 7 * DAY + 1 } });
    expect((await runEntry(ENTRY, data)).result).toMatchObject({ dueCount: 2, regeneratedCount: 2 });
    expect((await summaries(data)).map(({ snapshot_id }) => snapshot_id)).toEqual(["edge", "paid"]);
  });

  it("regenerates a summary for a new payment, and only that one, as its next version", async () => {
    const data = await tracker();
    await addSnapshots(data, { one: { zakat: 1000 }, two: { zakat: 1000 } });
    await runEntry(ENTRY, data);
    await addPayments(data, "two", { p: { amount: 250, age: -DAY / 2 } });
    expect((await runEntry(ENTRY, data)).result).toMatchObject({ dueCount: 0 });
    expect((await runEntry(ENTRY, data, { now: NOW + DAY })).result).toMatchObject({ regeneratedCount: 1 });
    expect(await summaries(data)).toMatchObject([
      { snapshot_id: "one", version: 1, total_paid_minor: 0 },
      { snapshot_id: "two", version: 2, total_paid_minor: 250, completion_percent: 25 },
    ]);
  });

  it("serves more than one run takes in as many runs as it needs, the oldest first", async () => {
    const data = await tracker();
    await addSnapshots(data, Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`s${index}`, { age: index * 1000 }])));
    expect((await runEntry(ENTRY, data)).result).toMatchObject({ dueCount: 250, regeneratedCount: 100, remainingCount: 150 });
    expect((await summaries(data)).some(({ snapshot_id }) => snapshot_id === "s249")).toBe(true);
    expect((await runEntry(ENTRY, data)).result).toMatchObject({ regeneratedCount: 100, remainingCount: 50 });
    expect((await runEntry(ENTRY, data)).result).toMatchObject({ regeneratedCount: 50, remainingCount: 0 });
    expect((await runEntry(ENTRY, data)).result).toMatchObject({ dueCount: 0 });
    expect((await summaries(data)).map(({ version }) => version)).toEqual(Array.from({ length: 250 }, () => 1));
  });

  it("serves beyond the limit what would leave the window before its turn", async () => {
    const data = await tracker();
    await addSnapshots(data, Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`s${index}`, { age: 5 * DAY + 1 }])));
    await addSnapshots(data, { young: { age: DAY } });
    expect(await regenerate(data, { limit: 2 })).toMatchObject({ result: { regeneratedCount: 5, remainingCount: 1 } });
  });

  it("reports a snapshot that fails, and goes on with the rest", async () => {
    const data = await tracker();
    await addSnapshots(data, { bad: { age: 2 }, good: { age: 1 } });
    await forbid(data, { event: "INSERT", table: "annual_summaries", column: "snapshot_id", values: ["bad"] });
    const run = await runEntry(ENTRY, data);
    expect(run).toMatchObject({ status: "failed", result: { regeneratedCount: 1, failedCount: 1 } });
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const data = await tracker();
    await addSnapshots(data, Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, { age: index }])));
    const cancelled = await cancelAt("wait:5", ENTRY, data, { set: { batchSize: 2 } });
    const made = (await summaries(data)).length;
    expect(isHalfWay(made, 20)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { regeneratedCount: made } });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { regeneratedCount: 20 - made } });
  });
});

async function regenerate({ url }: TestDatabase, params: Record<string, number> = {}) {
  return (await runHost({ module: shippedJob("analytics/regenerate-summaries"), database: url, params })).end;
}

interface Snapshot {
  zakat?: number;
  year?: number;
  /** Milliseconds since it was touched. */
  age?: number;
  status?: "draft" | "finalized" | "unlocked";
}

async function addSnapshots({ db }: TestDatabase, snapshots: Record<string, Snapshot>): Promise<void> {
  const rows = Object.entries(snapshots).map(([id, { zakat = 1000, year = 1447, age = 0, status = "finalized" }]) => ({
    id,
    user_id: "u",
    status,
    gregorian_year: 2026,
    hijri_year: year,
    hijri_month: 6,
    hijri_day: 2,
    zakat_minor: zakat,
    nisab_threshold_minor: 500_000,
    nisab_type: "gold",
    methodology_used: "standard",
    created_at: ago(age),
    updated_at: ago(age),
  }));
  await db.insertInto("yearly_snapshots").values(rows).execute();
}

async function addPayments(
  { db }: TestDatabase,
  snapshot_id: string,
  payments: Record<string, { amount?: number; to?: string | null; age?: number }>,
): Promise<void> {
  const rows = Object.entries(payments).map(([id, { amount = 100, to = "poor", age = 0 }]) => ({
    id,
    snapshot_id,
    user_id: "u",
    amount_minor: amount,
    recipient_type: to,
    updated_at: ago(age),
  }));
  if (rows.length > 0) await db.insertInto("zakat_payments").values(rows).execute();
}

async function summaries({ db }: TestDatabase) {
  return db.selectFrom("annual_summaries").selectAll().orderBy("snapshot_id").execute();
}
