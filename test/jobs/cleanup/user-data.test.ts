import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, folder, manifestWith, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";

const ENTRY = "user-data-cleanup";
const AT = new Date(NOW).toISOString();

describe.each(DIALECTS)("user-data-cleanup on %s", (dialect) => {
  it("does its five steps to the millisecond, counts each, and sends one summary", async () => {
    const data = await database(dialect);
    const { uploadsPath, options } = await world(data);
    const result = { usersAnonymized: 2, sessionsDeleted: 1, profilesDeleted: 1, filesDeleted: 1, auditLogsDeleted: 1 };
    const before = await rows(data);
    expect(await runEntry(ENTRY, data, { ...options, dryRun: true })).toMatchObject({ status: "succeeded", result });
    expect(await rows(data)).toEqual(before);
    expect(await runEntry(ENTRY, data, options)).toMatchObject({ status: "succeeded", exitCode: 0, result: { ...result, emailsSent: 1 } });
    expect(await rows(data)).toEqual({
      users: ["active", "inactive-on", "inactive-young", "new-never"],
      sessions: ["on", "young"],
      profiles: ["owned"],
      uploads: ["used.png", "young.png"],
      logs: ["on", "young"],
    });
    expect([existsSync(join(uploadsPath, "orphan.png")), existsSync(join(uploadsPath, "used.png"))]).toEqual([false, true]);
    const anonymized = await data.db.selectFrom("users").selectAll().where("id", "=", "inactive-old").executeTakeFirstOrThrow();
    expect(anonymized).toMatchObject({
      email: "anonymized_inactive-old@example.com",
      name: "Anonymized User",
      first_name: "Anonymized",
      last_name: "User",
      phone: null,
      avatar_url: null,
      bio: null,
      status: "anonymized",
      anonymized_at: AT,
    });
    const none = { usersAnonymized: 0, sessionsDeleted: 0, profilesDeleted: 0, filesDeleted: 0, auditLogsDeleted: 0 };
    expect(await runEntry(ENTRY, data, options)).toMatchObject({ status: "succeeded", result: none });
    const told = (await audits(data)).map(({ action, resource_type }) => `${action} ${resource_type}`);
    expect(told.toSorted()).toEqual([
      "rows.deleted audit_logs",
      "rows.deleted sessions",
      "rows.deleted uploads",
      "rows.deleted user_profiles",
      "users.anonymized users",
      "users.anonymized users",
    ]);
    const sent = await data.db.selectFrom("outbox").select(["recipient", "subject", "status"]).execute();
    expect(sent).toEqual([{ recipient: "ops@example.com", subject: "User data clean-up completed", status: "sent" }]);
  });

  it("runs only in production and staging", async () => {
    const data = await database(dialect);
    const { options } = await world(data);
    const run = await runEntry(ENTRY, data, { ...options, env: { ...options.env, JOBCTL_ENV: "development" } });
    expect(run).toMatchObject({ status: "skipped", exitCode: 77 });
    expect((await rows(data)).users).toContain("inactive-old");
  });

  it("goes on after a step that fails, and reports it; the next run finishes", async () => {
    const data = await database(dialect);
    const { outbox, options } = await world(data);
    const manifest = manifestWith("maxRetries: 3", "maxRetries: 0");
    await sql`ALTER TABLE user_profiles RENAME TO hidden`.execute(data.db);
    expect(await runEntry(ENTRY, data, { ...options, manifest })).toMatchObject({
      status: "failed",
      exitCode: 1,
      error: expect.stringContaining('profiles without user deleted: the database has no table "user_profiles"'),
      result: { usersAnonymized: 2, sessionsDeleted: 1, filesDeleted: 1, auditLogsDeleted: 1 },
    });
    const [mail = ""] = readdirSync(outbox);
    const text = readFileSync(join(outbox, mail), "utf8");
    expect(text).toContain("inactive users anonymized: 2");
    expect(text).toContain("profiles without user deleted: failed");
    await sql`ALTER TABLE hidden RENAME TO user_profiles`.execute(data.db);
    expect(await runEntry(ENTRY, data, options)).toMatchObject({ status: "succeeded", result: { usersAnonymized: 0, profilesDeleted: 1 } });
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const data = await database(dialect);
    const users = Array.from({ length: 100 }, (_, index) => ({
      id: `u${index}`,
      email: `${index}`,
      status: "inactive" as const,
      created_at: daysAgo(99),
    }));
    await data.db.insertInto("users").values(users).execute();
    const options = { manifest: manifestWith(), set: { uploadsPath: folder() }, env: { JOBCTL_ENV: "production" } };
    const cancelled = await cancelAt("wait:4", ENTRY, data, { ...options, set: { ...options.set, batchSize: 5 } });
    const left = (await data.db.selectFrom("users").select("id").where("status", "=", "inactive").execute()).length;
    expect(isHalfWay(left, 100)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { usersAnonymized: 100 - left } });
    expect(await runEntry(ENTRY, data, options)).toMatchObject({ status: "succeeded", result: { usersAnonymized: left } });
  });
});

/** For each step what must go, and what must stay on either side of its cutoff. */
async function world({ db }: TestDatabase) {
  const [uploadsPath, outbox] = [folder(), folder()];
  const person = { first_name: "A", last_name: "B", name: "A B", phone: "1", bio: "b" };
  const users = [
    { id: "inactive-old", status: "inactive", last_login_at: daysAgo(90, -1), created_at: daysAgo(400), avatar_url: "/x.png" },
    { id: "inactive-on", status: "inactive", last_login_at: daysAgo(90), created_at: daysAgo(400) },
    { id: "inactive-young", status: "inactive", last_login_at: daysAgo(90, 1), created_at: daysAgo(400), avatar_url: "/uploads/used.png" },
    { id: "never", status: "inactive", last_login_at: null, created_at: daysAgo(90, -1) },
    { id: "new-never", status: "inactive", last_login_at: null, created_at: daysAgo(90) },
    { id: "active", status: "active", last_login_at: daysAgo(400), created_at: daysAgo(500) },
  ] as const;
  for (const user of users)
    await db
      .insertInto("users")
      .values({ email: `${user.id}@x.example`, ...person, ...user })
      .execute();
  const expiries = { old: daysAgo(30, -1), on: daysAgo(30), young: daysAgo(30, 1) };
  for (const [id, expires_at] of Object.entries(expiries)) {
    await db
      .insertInto("sessions")
      .values({ id, user_id: "active", created_at: daysAgo(60), expires_at })
      .execute();
  }
  await db.insertInto("user_profiles").values({ id: "owned", user_id: "active" }).execute();
  await db.insertInto("user_profiles").values({ id: "orphan", user_id: null }).execute();
  const uploads = { "orphan.png": daysAgo(30, -1), "young.png": daysAgo(30), "used.png": daysAgo(31) };
  for (const [filename, created_at] of Object.entries(uploads)) {
    writeFileSync(join(uploadsPath, filename), "x");
    await db.insertInto("uploads").values({ id: filename, filename, created_at }).execute();
  }
  const logs = { old: daysAgo(2555, -1), on: daysAgo(2555), young: daysAgo(2555, 1) };
  for (const [id, created_at] of Object.entries(logs))
    await db.insertInto("audit_logs").values({ id, action: "login", created_at }).execute();
  return {
    uploadsPath,
    outbox,
    options: { manifest: manifestWith(), set: { uploadsPath }, env: { JOBCTL_ENV: "production", SMTP_URL: `file:${outbox}` } },
  };
}

async function rows({ db }: TestDatabase) {
  return {
    users: sorted(await db.selectFrom("users").select("id").where("status", "!=", "anonymized").execute()),
    sessions: sorted(await db.selectFrom("sessions").select("id").execute()),
    profiles: sorted(await db.selectFrom("user_profiles").select("id").execute()),
    uploads: sorted(await db.selectFrom("uploads").select("id").execute()),
    logs: sorted(await db.selectFrom("audit_logs").select("id").where("action", "=", "login").execute()),
  };
}

function sorted(found: { id: string }[]): string[] {
  return found.map(({ id }) => id).toSorted();
}
