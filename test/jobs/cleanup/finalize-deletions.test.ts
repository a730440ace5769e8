import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";

const ENTRY = "finalize-deletions";
const OLD = daysAgo(30, -1);
const AT = new Date(NOW).toISOString();

describe.each(DIALECTS)("finalize-deletions on %s", (dialect) => {
  it("anonymizes, deletes or completes each request past its grace, and leaves the others alone", async () => {
    const data = await database(dialect);
    for (const id of ["anon", "gone", "on", "young", "back"]) await addUser(data, id);
    await request(data, "r-anon", "anon", {});
    await request(data, "r-gone", "gone", { anonymize_contributions: 0 });
    await request(data, "r-nobody", "left-before", { anonymize_contributions: 0 });
    await request(data, "r-null", null, { status: "processing" });
    await request(data, "r-on", "on", { requested_at: daysAgo(30) });
    await request(data, "r-young", "young", { requested_at: daysAgo(30, 1) });
    await request(data, "r-back", "back", { status: "cancelled" });
    const result = { anonymizedCount: 1, deletedCount: 1, alreadyGoneCount: 2 };
    expect(await runEntry(ENTRY, data, { dryRun: true })).toMatchObject({ status: "succeeded", result });
    expect(await userIds(data)).toEqual(["anon", "back", "gone", "on", "young"]);
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", exitCode: 0, result });
    expect(await requests(data)).toEqual({
      "r-anon": ["completed", "anonymized", AT],
      "r-gone": ["completed", "deleted", AT],
      "r-nobody": ["completed", "already_gone", AT],
      "r-null": ["completed", "already_gone", AT],
      "r-on": ["pending", null, null],
      "r-young": ["pending", null, null],
      "r-back": ["cancelled", null, null],
    });
    expect(await userIds(data)).toEqual(["anon", "back", "on", "young"]);
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { anonymizedCount: 0, deletedCount: 0, alreadyGoneCount: 0 } });
    expect(await audits(data)).toEqual([
      { action: "user.already_gone", resource_type: "deletion_request", resource_id: "r-nobody", requestedAt: OLD },
      { action: "user.already_gone", resource_type: "deletion_request", resource_id: "r-null", requestedAt: OLD },
      { action: "user.anonymized", resource_type: "deletion_request", resource_id: "r-anon", requestedAt: OLD },
      { action: "user.deleted", resource_type: "deletion_request", resource_id: "r-gone", requestedAt: OLD },
    ]);
  });

  it("leaves of an anonymized user what is the project's, and nothing that is the person's", async () => {
    const data = await database(dialect);
    await addUser(data, "u");
    await addUser(data, "other");
    await request(data, "r", "u", {});
    await runEntry(ENTRY, data);
    const user = await data.db.selectFrom("users").selectAll().where("id", "=", "u").executeTakeFirstOrThrow();
    expect(user).toMatchObject({
      email: "deleted-u@deleted.local",
      name: "[Deleted User]",
      first_name: null,
      last_name: null,
      phone: null,
      bio: null,
      avatar_url: null,
      show_email_on_profile: 0,
      include_in_search: 0,
      show_activity_publicly: 0,
      digest_opt_in: 0,
      status: "anonymized",
      karma: 7,
      anonymized_at: AT,
    });
    expect(await owned(data)).toEqual({
      push_tokens: ["other"],
      auth_tokens: ["other"],
      sessions: ["other"],
      consent_records: ["other"],
      project_members: ["other", "u"],
      upvotes: ["other", "u"],
      user_profiles: ["other", "u"],
      uploads: ["other", "u"],
      audit: ["other", null],
      outbox: ["other@example.com"],
      reminders: ["deleted-u@deleted.local", "other@example.com"],
    });
  });

  it("deletes a user with all data, and unlinks the audit rows", async () => {
    const data = await database(dialect);
    await addUser(data, "u");
    await addUser(data, "other");
    await request(data, "r", "u", { anonymize_contributions: 0 });
    await runEntry(ENTRY, data);
    const others = ["other"];
    expect(await owned(data)).toEqual({
      push_tokens: others,
      auth_tokens: others,
      sessions: others,
      consent_records: others,
      project_members: others,
      upvotes: others,
      user_profiles: others,
      uploads: ["other", null],
      audit: ["other", null],
      outbox: ["other@example.com"],
      reminders: ["deleted-u@deleted.local", "other@example.com"],
    });
  });

  it("reports a request that fails, with nothing of it done, and goes on; the next run tries it again", async () => {
    const data = await database(dialect);
    for (const id of ["a", "stuck", "z"]) await addUser(data, id);
    for (const id of ["a", "stuck", "z"]) await request(data, `r-${id}`, id, { anonymize_contributions: 0 });
    await refuseDelete(data, dialect);
    expect(await runEntry(ENTRY, data)).toMatchObject({
      status: "failed",
      exitCode: 1,
      result: { deletedCount: 2, failures: [{ item: "request r-stuck", error: expect.stringContaining("held by a lawsuit") }] },
    });
    expect(await requests(data)).toMatchObject({ "r-stuck": ["failed", null, null] });
    expect((await owned(data)).sessions).toEqual(["stuck"]);
    await sql`DROP TRIGGER refuse ${sql.raw(dialect === "sqlite" ? "" : "ON users")}`.execute(data.db);
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { deletedCount: 1 } });
    expect(await requests(data)).toMatchObject({ "r-stuck": ["completed", "deleted", AT] });
  });

  it("stops between two requests when it is cancelled; the next run finishes", async () => {
    const data = await database(dialect);
    const ids = Array.from({ length: 10 }, (_, index) => `u${index}`);
    await data.db
      .insertInto("users")
      .values(ids.map((id) => ({ id, email: id, created_at: OLD })))
      .execute();
    for (const id of ids) await request(data, `r-${id}`, id, {});
    const cancelled = await cancelAt("wait:5", ENTRY, data);
    const done = (await data.db.selectFrom("deletion_requests").select("id").where("status", "=", "completed").execute()).length;
    const open = (await data.db.selectFrom("deletion_requests").select("id").where("status", "=", "pending").execute()).length;
    expect([isHalfWay(done, 10), done + open]).toEqual([true, 10]);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { anonymizedCount: done } });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { anonymizedCount: open } });
  });
});

const USER_TABLES = ["push_tokens", "auth_tokens", "sessions", "consent_records", "project_members", "upvotes", "user_profiles"] as const;

/** A user with a row in every table that knows users. */
async function addUser({ db }: TestDatabase, id: string): Promise<void> {
  const email = `${id}@example.com`;
  const person = { name: "A B", first_name: "A", last_name: "B", phone: "1", bio: "b", avatar_url: "/a.png" };
  const shown = { show_email_on_profile: 1, show_activity_publicly: 1, digest_opt_in: 1, karma: 7 };
  await db
    .insertInto("users")
    .values({ id, email, ...person, ...shown, created_at: OLD })
    .execute();
  await db
    .insertInto("projects")
    .values({ id: `p-${id}`, title: "P" })
    .execute();
  await db
    .insertInto("push_tokens")
    .values({ id: `1-${id}`, user_id: id, last_used_at: OLD })
    .execute();
  await db.insertInto("auth_tokens").values({ id, user_id: id, kind: "refresh", created_at: OLD, expires_at: AT }).execute();
  await db.insertInto("sessions").values({ id, user_id: id, created_at: OLD, expires_at: AT, ip_address: "192.0.2.1" }).execute();
  await db.insertInto("consent_records").values({ id, user_id: id }).execute();
  await db
    .insertInto("project_members")
    .values({ id, project_id: `p-${id}`, user_id: id, role: "creator" })
    .execute();
  await db
    .insertInto("upvotes")
    .values({ id, project_id: `p-${id}`, user_id: id })
    .execute();
  await db.insertInto("user_profiles").values({ id, user_id: id }).execute();
  await db.insertInto("uploads").values({ id, filename: id, uploaded_by: id, created_at: OLD }).execute();
  await db.insertInto("audit_logs").values({ id, user_id: id, action: "login", created_at: OLD }).execute();
  const mail = { kind: "digest", recipient: email, subject: "s", body: "b", created_at: OLD };
  await db
    .insertInto("outbox")
    .values({ id, dedupe_key: id, ...mail })
    .execute();
  const reminder = { recipient_user_id: id, recipient_email: email, email_subject: "s", email_template: "t" };
  await db
    .insertInto("payment_reminders")
    .values({ id, project_id: `p-${id}`, reminder_date: "2026-01-01", scheduled_for: OLD, ...reminder })
    .execute();
}

async function request({ db }: TestDatabase, id: string, user_id: string | null, more: object): Promise<void> {
  await db
    .insertInto("deletion_requests")
    .values({ id, user_id, requested_at: OLD, ...more })
    .execute();
}

async function requests({ db }: TestDatabase): Promise<Record<string, unknown>> {
  const rows = await db.selectFrom("deletion_requests").selectAll().execute();
  return Object.fromEntries(rows.map(({ id, status, outcome, completed_at }) => [id, [status, outcome, completed_at]]));
}

async function userIds({ db }: TestDatabase): Promise<string[]> {
  return (await db.selectFrom("users").select("id").execute()).map(({ id }) => id).toSorted();
}

/** Whose rows there are, table by table. */
async function owned({ db }: TestDatabase) {
  const tables: Record<string, (string | null)[]> = {};
  for (const table of USER_TABLES)
    tables[table] = sorted((await db.selectFrom(table).select("user_id").execute()).map((row) => row.user_id));
  tables["uploads"] = sorted((await db.selectFrom("uploads").select("uploaded_by").execute()).map((row) => row.uploaded_by));
  const audit = await db.selectFrom("audit_logs").select("user_id").where("action", "=", "login").execute();
  tables["audit"] = sorted(audit.map((row) => row.user_id));
  tables["outbox"] = sorted((await db.selectFrom("outbox").select("recipient").execute()).map((row) => row.recipient));
  tables["reminders"] = sorted(
    (await db.selectFrom("payment_reminders").select("recipient_email").execute()).map((row) => row.recipient_email),
  );
  return tables;
}

async function refuseDelete({ db }: TestDatabase, dialect: "sqlite" | "postgres"): Promise<void> {
  if (dialect === "sqlite") {
    await sql`CREATE TRIGGER refuse BEFORE DELETE ON users WHEN old.id = 'stuck' BEGIN SELECT RAISE(ABORT, 'held by a lawsuit'); END`.execute(
      db,
    );
    return;
  }
  await sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.id = 'stuck' THEN RAISE 'held by a lawsuit'; END IF; RETURN old; END $$`.execute(
    db,
  );
  await sql`CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse()`.execute(db);
}

/** NULL last. */
function sorted(all: (string | null)[]): (string | null)[] {
  return [...all.filter((each) => each !== null).toSorted(), ...all.filter((each) => each === null)];
}
