import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, runEntry } from "../../helpers/entry.ts";
import { forbid } from "../../helpers/forbid.ts";
import { NOW, runHost, shippedJob } from "../../helpers/host.ts";

const ENTRY = "expire-deliverables";
const AT = new Date(NOW).toISOString();
const module = shippedJob("maintenance/update-rows");

describe.each(DIALECTS)("expire-deliverables on %s", (dialect) => {
  it("expires what is due to the millisecond, and leaves what is expired already and what is not due", async () => {
    const data = await database(dialect);
    await add(data, { past: daysAgo(0, -1), now: AT, later: daysAgo(0, 1), done: daysAgo(5), none: null });
    await data.db.updateTable("deliverables").set({ status: "expired" }).where("id", "=", "done").execute();
    const before = await statuses(data);
    expect(await runEntry(ENTRY, data, { dryRun: true })).toMatchObject({ status: "succeeded", result: { updatedCount: 2 } });
    expect(await statuses(data)).toEqual(before);
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", exitCode: 0, result: { updatedCount: 2, cutoff: AT } });
    expect(await statuses(data)).toEqual({ past: "expired", now: "expired", later: "pending", done: "expired", none: "pending" });
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { updatedCount: 0 } });
    expect(await audits(data)).toMatchObject([{ action: "rows.updated", resource_type: "deliverables", cutoff: AT, updatedCount: 2 }]);
  });

  it("reports rows that the database refuses, wherever they lie, and expires the others; less than all is enough with minSuccess", async () => {
    const data = await database(dialect);
    const names = Array.from({ length: 30 }, (_, index) => `d${String(index).padStart(2, "0")}`);
    await add(data, Object.fromEntries(names.map((name) => [name, AT])));
    await forbid(data, { event: "UPDATE", table: "deliverables", column: "id", values: ["d00", "d01", "d15", "d29"] });
    const run = await runEntry(ENTRY, data, { set: { batchSize: 2 } });
    expect(run).toMatchObject({ status: "failed", exitCode: 1, result: { updatedCount: 26 } });
    expect(run.result.failures?.map(({ item }) => item).toSorted()).toEqual(["d00", "d01", "d15", "d29"].map((id) => `deliverables ${id}`));
    expect(await audits(data)).toMatchObject([{ action: "rows.updated", updatedCount: 26 }]);
    expect(await runEntry(ENTRY, data, { set: { minSuccess: 0 } })).toMatchObject({ status: "succeeded", result: { updatedCount: 0 } });
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const data = await database(dialect);
    await add(data, Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`d${index}`, AT])));
    const cancelled = await cancelAt("wait:2", ENTRY, data, { set: { batchSize: 5 } });
    const done = Object.values(await statuses(data)).filter((status) => status === "expired").length;
    expect(isHalfWay(done, 100)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { updatedCount: done } });
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { updatedCount: 100 - done } });
  });

  it("takes where, and refuses a column that is not there", async () => {
    const data = await database(dialect);
    await add(data, { a: AT, b: AT });
    const run = await runHost({ module, database: data.url, params: { ...PARAMS, where: { id: "a" } } });
    expect(run.end).toMatchObject({ result: { updatedCount: 1 } });
    const wrong = await runHost({ module, database: data.url, params: { ...PARAMS, set: { state: "expired" } } });
    expect(wrong.end).toMatchObject({ config: true, error: 'table "deliverables" has no column "state"; near names: status' });
  });
});

const PARAMS = { table: "deliverables", column: "expires_at", set: { status: "expired" } };

async function add({ db }: TestDatabase, times: Record<string, string | null>): Promise<void> {
  await db.insertInto("projects").values({ id: "p", title: "P" }).execute();
  const rows = Object.entries(times).map(([id, expires_at]) => ({ id, project_id: "p", expires_at }));
  await db.insertInto("deliverables").values(rows).execute();
}

async function statuses({ db }: TestDatabase): Promise<Record<string, string>> {
  const rows = await db.selectFrom("deliverables").select(["id", "status"]).execute();
  return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
}
