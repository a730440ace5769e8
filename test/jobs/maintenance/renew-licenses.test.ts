import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";

const ENTRY = "license-management";
const AT = new Date(NOW).toISOString();

describe.each(DIALECTS)("license-management on %s", (dialect) => {
  it("extends what renews itself by whole periods into the future and expires the rest; others stay", async () => {
    const data = await database(dialect);
    await add(data, {
      renews: { auto_renew: 1, renew_days: 30, expires_at: daysAgo(0, -1) },
      "long-gone": { auto_renew: 1, renew_days: 30, expires_at: daysAgo(95) },
      "just-now": { kind: "subscription", auto_renew: 1, renew_days: 365, expires_at: AT },
      ends: { expires_at: daysAgo(0, -1) },
      "ends-now": { kind: "subscription", expires_at: AT },
      later: { expires_at: daysAgo(0, 1) },
      "later-renews": { auto_renew: 1, renew_days: 30, expires_at: daysAgo(0, 1) },
      key: { kind: "api_key", expires_at: daysAgo(9) },
      revoked: { status: "revoked", expires_at: daysAgo(9) },
      forever: { expires_at: null },
    });
    const before = await all(data);
    const result = { renewedCount: 3, expiredCount: 2 };
    expect(await runEntry(ENTRY, data, { dryRun: true })).toMatchObject({ status: "succeeded", result });
    expect(await all(data)).toEqual(before);
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", exitCode: 0, result });
    expect(await all(data)).toEqual({
      ...before,
      renews: ["active", daysAgo(-30, -1), null],
      "long-gone": ["active", daysAgo(-25), null],
      "just-now": ["active", daysAgo(-365), null],
      ends: ["expired", daysAgo(0, -1), AT],
      "ends-now": ["expired", AT, AT],
    });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { renewedCount: 0, expiredCount: 0 } });
    const row = { resource_type: "credential", kind: "license", name: "N" };
    expect(await audits(data)).toMatchObject([
      { ...row, action: "credential.expired", resource_id: "ends", from: daysAgo(0, -1) },
      { ...row, action: "credential.expired", resource_id: "ends-now", kind: "subscription" },
      { ...row, action: "credential.renewed", resource_id: "just-now", kind: "subscription" },
      { ...row, action: "credential.renewed", resource_id: "long-gone", from: daysAgo(95), to: daysAgo(-25) },
      { ...row, action: "credential.renewed", resource_id: "renews", from: daysAgo(0, -1), to: daysAgo(-30, -1) },
    ]);
  });

  it("reports one that should renew but says not by how much, leaves it alone and goes on", async () => {
    const data = await database(dialect);
    await add(data, { a: { expires_at: daysAgo(3) }, bad: { auto_renew: 1, expires_at: daysAgo(2) }, z: { expires_at: daysAgo(1) } });
    const failures = [{ item: "credential bad", error: "auto_renew is set, but renew_days is null; it must be a number of days" }];
    const failed = { status: "failed", exitCode: 1, result: { expiredCount: 2, renewedCount: 0, failures } };
    expect(await runEntry(ENTRY, data, { dryRun: true })).toMatchObject(failed);
    expect(await runEntry(ENTRY, data)).toMatchObject(failed);
    const statuses = Object.entries(await all(data)).map(([id, [status]]) => [id, status]);
    expect(Object.fromEntries(statuses)).toEqual({ a: "expired", bad: "active", z: "expired" });
  });

  it("stops between two credentials when it is cancelled; the next run finishes", async () => {
    const data = await database(dialect);
    await add(data, Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`c${index}`, { expires_at: daysAgo(1) }])));
    const cancelled = await cancelAt("wait:5", ENTRY, data);
    const done = Object.values(await all(data)).filter(([status]) => status === "expired").length;
    expect(isHalfWay(done, 10)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { expiredCount: done } });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { expiredCount: 10 - done } });
  });
});

async function add({ db }: TestDatabase, credentials: Record<string, object>): Promise<void> {
  const usual = { kind: "license" as const, name: "N", auto_renew: 0, renew_days: null };
  const rows = Object.entries(credentials).map(([id, more]) => Object.assign({ id }, usual, more));
  for (const row of rows) await db.insertInto("credentials").values(row).execute();
}

async function all({ db }: TestDatabase): Promise<Record<string, (string | null)[]>> {
  const rows = await db.selectFrom("credentials").selectAll().execute();
  return Object.fromEntries(rows.map(({ id, status, expires_at, expired_at }) => [id, [status, expires_at, expired_at]]));
}
