import { afterEach, describe, expect, it } from "vitest";
import job from "../../../jobs/notifications/payment-reminders.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAmongMails } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type EntryOptions, type EntryRun, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { addUsers } from "../../helpers/people.ts";
import { type MailServer, type SmtpScript, startSmtp } from "../../helpers/smtp.ts";

const DAY = 86_400_000;
const CUTOFF = NOW - 3 * DAY;
const at = (instant: number): string => new Date(instant).toISOString();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(DIALECTS)("check-overdue-payments on %s", (dialect) => {
  it("reminds whose advance is older than three days, and nobody else", async () => {
    const data = await projects(dialect, {
      before: { advance_paid_at: at(CUTOFF - 1) },
      on: { advance_paid_at: at(CUTOFF) },
      after: { advance_paid_at: at(CUTOFF + 1) },
      unpaid: { advance_paid_at: null },
      paid: { balance_paid_at: at(NOW) },
      nothing: { balance_minor: 0 },
      nobody: { contact: null },
      removed: { contact: "ann", removed_at: at(0) },
      deleted: { contact: "gone" },
      yen: { contact: "bob", currency: "JPY" },
    });
    const server = await smtp();
    const dry = await run(data, server, { dryRun: true });
    const counts = { overdueCount: 5, emailsSent: 2, alreadySentCount: 0, noContactCount: 3, cutoff: at(CUTOFF) };
    expect(dry.result).toEqual(counts);
    expect([server.mails.length, await reminders(data)]).toEqual([0, []]);
    expect(await run(data, server)).toMatchObject({ status: "succeeded", result: counts });
    expect(server.mails.map(({ to, subject }) => `${String(to)}: ${subject}`)).toEqual([
      "ann@example.com: Open balance of Project before",
      "bob@example.com: Open balance of Project yen",
    ]);
    expect(server.mails[0]?.readable).toContain("Open balance: $1,234.56");
    expect(server.mails[1]?.readable).toContain("Open balance: ¥123,456");
    expect(await reminders(data)).toEqual([
      {
        project_id: "before",
        status: "SENT",
        reminder_date: "2026-11-22",
        attempts: 1,
        recipient_email: "ann@example.com",
        last_error: null,
      },
      { project_id: "yen", status: "SENT", reminder_date: "2026-11-22", attempts: 1, recipient_email: "bob@example.com", last_error: null },
    ]);
  });

  it("reminds once a day: not again the same day, again the next", async () => {
    const data = await projects(dialect, { one: {} });
    const server = await smtp();
    await runInProcess(job, data, { mail: server.url() });
    expect((await runInProcess(job, data, { mail: server.url(), now: NOW + 20 * 3_600_000 })).result).toMatchObject({
      overdueCount: 1,
      emailsSent: 0,
      alreadySentCount: 1,
    });
    expect((await runInProcess(job, data, { mail: server.url(), now: NOW + DAY })).result).toMatchObject({
      emailsSent: 1,
      alreadySentCount: 0,
    });
    expect(server.mails).toHaveLength(2);
  });

  it("goes on after a mail that is not taken, says so, and sends only that one the next time", async () => {
    const data = await projects(dialect, { a: {}, b: { contact: "bob" }, c: {} });
    const script = { refuses: true };
    const server = await smtp({
      recipient: (address) => (script.refuses && address === "bob@example.com" ? { code: 451, text: "later" } : undefined),
    });
    const first = await run(data, server);
    expect(first).toMatchObject({ status: "failed", exitCode: 1, result: { emailsSent: 2 } });
    expect(first.result.failures).toEqual([
      { item: "project b (Project b)", error: expect.stringMatching(/^mail to bob@example.com: not taken now; .*451 later$/) },
    ]);
    expect((await reminders(data))[1]).toMatchObject({ project_id: "b", status: "FAILED", last_error: expect.stringContaining("451") });
    script.refuses = false;
    expect((await run(data, server)).result).toMatchObject({ emailsSent: 1, alreadySentCount: 2 });
    expect(server.mails.map(({ subject }) => subject.at(-1))).toEqual(["a", "c", "b"]);
    expect((await reminders(data))[1]).toMatchObject({ status: "SENT", attempts: 2, last_error: null });
  });

  it("stops between two mails when it is cancelled; the next run sends the rest", async () => {
    const data = await projects(dialect, { a: {}, b: {}, c: {}, d: {} });
    const { run: first, server } = await cancelAmongMails("check-overdue-payments", data);
    closing.push(server.close);
    expect(first).toMatchObject({ status: "cancelled", result: { emailsSent: 2 } });
    expect(await run(data, server)).toMatchObject({ status: "succeeded", result: { emailsSent: 2, alreadySentCount: 2 } });
    expect(server.mails.map(({ subject }) => subject.at(-1))).toEqual(["a", "b", "c", "d"]);
    expect((await reminders(data)).map(({ status }) => status)).toEqual(Array(4).fill("SENT"));
  });
});

interface Project {
  advance_paid_at?: string | null;
  balance_paid_at?: string;
  balance_minor?: number;
  currency?: string;
  contact?: string | null;
  removed_at?: string;
}

/** Projects that are overdue and have ann for a contact, unless they say otherwise. Each has a member who is no primary contact, too. */
async function projects(dialect: (typeof DIALECTS)[number], all: Record<string, Project>): Promise<TestDatabase> {
  const data = await appDatabase(dialect);
  closing.push(() => data.db.destroy());
  await addUsers(data, { ann: {}, bob: { status: "inactive" }, gone: { status: "deleted" }, other: {} });
  for (const [id, { contact = "ann", removed_at = null, ...status }] of Object.entries(all)) {
    await data.db
      .insertInto("projects")
      .values({ id, title: `Project ${id}` })
      .execute();
    await data.db
      .insertInto("project_payment_status")
      .values({ project_id: id, balance_minor: 123_456, advance_paid_at: at(CUTOFF - DAY), ...status })
      .execute();
    const member = { project_id: id, role: "client" as const };
    await data.db
      .insertInto("project_members")
      .values({ ...member, id: `${id}-0`, user_id: "other", removed_at: null })
      .execute();
    if (contact === null) continue;
    await data.db
      .insertInto("project_members")
      .values({ ...member, id: `${id}-1`, user_id: contact, is_primary_contact: 1, removed_at })
      .execute();
  }
  return data;
}

async function smtp(script?: SmtpScript): Promise<MailServer> {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

async function run(data: TestDatabase, server: MailServer, options: EntryOptions = {}): Promise<EntryRun> {
  return runEntry("check-overdue-payments", data, { mail: server.url(), ...options });
}

async function reminders({ db }: TestDatabase) {
  const columns = ["project_id", "status", "reminder_date", "attempts", "recipient_email", "last_error"] as const;
  return db.selectFrom("payment_reminders").select(columns).orderBy("project_id").execute();
}
