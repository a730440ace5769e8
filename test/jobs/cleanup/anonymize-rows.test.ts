import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, runEntry } from "../../helpers/entry.ts";
import { NOW, runHost, shippedJob } from "../../helpers/host.ts";

const ENTRY = "anonymize-audit-logs";
const PERSON = { ip_address: "192.0.2.7", user_agent: "Mozilla/5.0" };

describe.each(DIALECTS)("anonymize-audit-logs on %s", (dialect) => {
  it("takes user, address and agent from the row one millisecond too old, and leaves the others as they are", async () => {
    const data = await database(dialect);
    await addUser(data);
    await addLogs(data, { old: daysAgo(365, -1), on: daysAgo(365), young: daysAgo(365, 1) });
    expect(await runEntry(ENTRY, data, { dryRun: true })).toMatchObject({ status: "succeeded", result: { anonymizedCount: 1 } });
    expect(await logs(data)).toEqual({ old: WHOLE, on: WHOLE, young: WHOLE });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", exitCode: 0, result: { anonymizedCount: 1 } });
    expect(await logs(data)).toEqual({ old: GONE, on: WHOLE, young: WHOLE });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { anonymizedCount: 0 } });
    expect(await audits(data)).toEqual([
      {
        action: "rows.anonymized",
        resource_type: "audit_logs",
        resource_id: null,
        column: "created_at",
        cutoff: daysAgo(365),
        anonymizedCount: 1,
      },
    ]);
  });

  it("takes the address also from a row whose user is NULL already, and writes no row that is stamped", async () => {
    const data = await database(dialect);
    await addUser(data);
    await addLogs(data, { orphan: daysAgo(400), stamped: daysAgo(400) });
    await data.db.updateTable("audit_logs").set({ user_id: null }).where("id", "=", "orphan").execute();
    await data.db
      .updateTable("audit_logs")
      .set({ anonymized_at: daysAgo(1) })
      .where("id", "=", "stamped")
      .execute();
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { anonymizedCount: 1 } });
    expect(await logs(data)).toEqual({ orphan: GONE, stamped: { ...WHOLE, anonymized_at: daysAgo(1) } });
  });

  it("removes the personal keys of the metadata at any depth and leaves all else, to the digit", async () => {
    const data = await database(dialect);
    await addUser(data);
    const deep =
      '{"plan":"pro","email":"a@b","list":[{"name":"A","n":1},{"to":{"phone":"1","phoneNumber":"2","address":{"x":1},"ok":true}}],"id":12345678901234567890}';
    await addLogs(
      data,
      { deep: daysAgo(400), none: daysAgo(400), plain: daysAgo(400), names: daysAgo(400) },
      {
        deep,
        none: null,
        plain: '{ "plan" : "pro" }',
        names: '{"Email":"x","phone_number":"1","username":"kept","emailVerified":true,"line":"a\\u2028\\u0000b"}',
      },
    );
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { anonymizedCount: 4 } });
    const rows = await data.db.selectFrom("audit_logs").select(["id", "metadata"]).where("anonymized_at", "is not", null).execute();
    expect(Object.fromEntries(rows.map(({ id, metadata }) => [id, metadata]))).toEqual({
      deep: '{"plan":"pro","list":[{"n":1},{"to":{"ok":true}}],"id":12345678901234567890}',
      none: null,
      plain: '{ "plan" : "pro" }',
      names: '{"username":"kept","emailVerified":true,"line":"a\u2028\\u0000b"}',
    });
  });

  it("reports a row whose metadata is no JSON, takes the rest from it, and goes on", async () => {
    const data = await database(dialect);
    await addUser(data);
    const ids = Object.fromEntries(["a", "b", "c", "d", "e"].map((id) => [id, daysAgo(400)]));
    await addLogs(data, ids, { c: "email=a@b" });
    const failed = { status: "failed", result: { anonymizedCount: 4, failures: [{ item: "audit_logs c" }] } };
    expect(await runEntry(ENTRY, data, { dryRun: true })).toMatchObject(failed);
    expect(await runEntry(ENTRY, data, { set: { batchSize: 2 } })).toMatchObject({
      ...failed,
      error: expect.stringContaining("audit_logs c: its metadata holds no JSON, so what that tells of a person could not be taken out"),
    });
    const { metadata: _, ...gone } = GONE;
    expect(await logs(data)).toEqual({ a: GONE, b: GONE, c: { ...gone, metadata: "email=a@b", anonymized_at: null }, d: GONE, e: GONE });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "failed", result: { anonymizedCount: 0 } });
    await data.db.updateTable("audit_logs").set({ metadata: METADATA }).where("id", "=", "c").execute();
    expect(await runEntry(ENTRY, data, { set: { minSuccess: 50 } })).toMatchObject({ status: "succeeded", result: { anonymizedCount: 1 } });
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const data = await database(dialect);
    await addUser(data);
    await addLogs(data, Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`l${index}`, daysAgo(400)])));
    const cancelled = await cancelAt("wait:2", ENTRY, data, { set: { batchSize: 10 } });
    const done = (await data.db.selectFrom("audit_logs").select("id").where("ip_address", "is", null).execute()).length - 1;
    expect(isHalfWay(done, 200)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { anonymizedCount: done } });
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { anonymizedCount: 200 - done } });
  });

  it("refuses a column that the table does not have", async () => {
    const data = await database(dialect);
    const run = await runHost({
      module: shippedJob("cleanup/anonymize-rows"),
      database: data.url,
      params: { ...PARAMS, mark: "anonymised_at" },
    });
    expect(run.end).toMatchObject({ config: true, error: 'table "audit_logs" has no column "anonymised_at"; near names: anonymized_at' });
  });
});

const METADATA = '{"email":"a@b.example","plan":"pro"}';
const WHOLE = { user_id: "u", ...PERSON, metadata: METADATA, anonymized_at: null };
const GONE = { user_id: null, ip_address: null, user_agent: null, metadata: '{"plan":"pro"}', anonymized_at: new Date(NOW).toISOString() };
const PARAMS = {
  table: "audit_logs",
  column: "created_at",
  olderThan: "365d",
  set: { user_id: null, ip_address: null, user_agent: null },
  scrubJson: { metadata: ["email"] },
};

async function addUser({ db }: TestDatabase): Promise<void> {
  await db
    .insertInto("users")
    .values({ id: "u", email: "u@example.com", created_at: daysAgo(500) })
    .execute();
}

async function addLogs({ db }: TestDatabase, times: Record<string, string>, metadata: Record<string, string | null> = {}): Promise<void> {
  const rows = Object.entries(times).map(([id, created_at]) => Object.assign({ id, user_id: "u", action: "login", created_at }, PERSON));
  const told = rows.map((row) => Object.assign(row, { metadata: row.id in metadata ? (metadata[row.id] ?? null) : METADATA }));
  await db.insertInto("audit_logs").values(told).execute();
}

async function logs({ db }: TestDatabase) {
  const columns = ["id", "user_id", "ip_address", "user_agent", "metadata", "anonymized_at"] as const;
  const rows = await db.selectFrom("audit_logs").select(columns).where("action", "=", "login").execute();
  return Object.fromEntries(rows.map(({ id, ...row }) => [id, row]));
}
