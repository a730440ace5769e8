import { afterEach, describe, expect, it } from "vitest";
import job from "../../../jobs/notifications/process-email-queue.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAmongMails } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type EntryOptions, type EntryRun, killRun, runEntry, startEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { addUsers } from "../../helpers/people.ts";
import { type MailServer, type SmtpScript, startRaw, startSmtp, smtpUrl } from "../../helpers/smtp.ts";

const MINUTE = 60_000;
const at = (offset: number): string => new Date(NOW + offset).toISOString();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(DIALECTS)("process-email-queue on %s", (dialect) => {
  it("sends what is due, one mail a row, and leaves the rest", async () => {
    const data = await queue(dialect, {
      due: { scheduled_for: at(0) },
      late: { scheduled_for: at(-1) },
      early: { scheduled_for: at(1) },
      out: { status: "sent" },
      empty: { notifications: [] },
      gone: { user_id: "anonymous" },
      lived: { status: "processing", claimed_by: "other", claimed_at: at(-5 * MINUTE + 20_000) },
      died: { status: "processing", claimed_by: "other", claimed_at: at(-5 * MINUTE - 1), attempts: 1 },
    });
    const server = await smtp();
    const dry = await run(data, server, { dryRun: true });
    expect(dry.result).toEqual({ emailsSent: 3, retryCount: 0, failedCount: 0, abandonedCount: 2 });
    expect(server.mails).toEqual([]);
    const first = await run(data, server);
    expect(first).toMatchObject({ status: "succeeded", exitCode: 0 });
    expect(first.result).toEqual(dry.result);
    expect(server.mails.map(({ to, subject }) => `${String(to)} ${subject}`).toSorted()).toEqual([
      "ann@example.com Note died",
      "ann@example.com Note due",
      "ann@example.com Note late",
    ]);
    expect(await states(data)).toEqual({
      due: "sent",
      late: "sent",
      early: "pending",
      out: "sent",
      empty: "abandoned",
      gone: "abandoned",
      lived: "processing",
      died: "sent",
    });
    expect((await run(data, server)).result).toEqual({ emailsSent: 0, retryCount: 0, failedCount: 0, abandonedCount: 0 });
  });

  it("waits 2 minutes, 10 minutes, 1 hour after a failure, then abandons; and goes on after it", async () => {
    const data = await queue(dialect, { bad: { user_id: "bob" }, good: { scheduled_for: at(0) } });
    const server = await smtp({ recipient: (address) => (address === "bob@example.com" ? { code: 451, text: "later" } : undefined) });
    const first = await run(data, server);
    expect(first).toMatchObject({ status: "failed", exitCode: 1, result: { emailsSent: 1, retryCount: 1 } });
    expect(first.result.failures).toEqual([{ item: "mail bad", error: expect.stringMatching(/451 later$/) }]);
    const waited: number[] = [];
    for (let now = NOW; (await row(data, "bad")).status === "pending";) {
      const next = Date.parse((await row(data, "bad")).scheduled_for);
      waited.push(Math.floor((next - now) / MINUTE));
      await runInProcess(job, data, { mail: server.url(), now: next });
      now = next;
    }
    expect(waited).toEqual([2, 10, 60]);
    expect(await row(data, "bad")).toMatchObject({ status: "abandoned", attempts: 4, error_message: expect.stringContaining("451 later") });
    expect(await states(data)).toMatchObject({ good: "sent" });
  });

  it("fails at once what the server will never take", async () => {
    const data = await queue(dialect, { bad: { user_id: "bob" } });
    const server = await smtp({ recipient: () => ({ code: 550, text: "no such user" }) });
    expect(await runInProcess(job, data, { mail: server.url() })).toMatchObject({
      failures: [expect.any(String)],
      result: { emailsSent: 0, failedCount: 1 },
    });
    expect(await row(data, "bad")).toMatchObject({ status: "failed", attempts: 1, error_message: expect.stringContaining("no such user") });
    expect(await runInProcess(job, data, { mail: server.url() })).toMatchObject({ failures: [] });
  });

  it("tries one mail where there is no server, and leaves the others their tries", async () => {
    const data = await queue(dialect, { a: { scheduled_for: at(-2) }, b: { scheduled_for: at(-1) }, c: { scheduled_for: at(0) } });
    const server = await startRaw((socket) => socket.destroy());
    await server.close();
    const end = await runInProcess(job, data, { mail: smtpUrl(server.port) });
    expect(end).toMatchObject({ failures: [expect.any(String)], result: { retryCount: 1, emailsSent: 0 } });
    expect(await row(data, "a")).toMatchObject({ status: "pending", attempts: 1 });
    expect(await row(data, "b")).toMatchObject({ status: "pending", attempts: 0 });
  });

  it("sends each mail once under two runners", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const data = await queue(dialect, Object.fromEntries(names.map((name) => [name, {}])));
    const server = await smtp({ beforeAnswer: () => pause(20) });
    const ends = await Promise.all([run(data, server), run(data, server)]);
    expect(ends.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
    expect(server.mails.map(({ subject }) => subject).toSorted()).toEqual(names.map((name) => `Note ${name}`).toSorted());
    expect(ends.reduce((sum, { result }) => sum + Number(result["emailsSent"]), 0)).toBe(20);
    expect(new Set(Object.values(await states(data)))).toEqual(new Set(["sent"]));
  });

  it("repeats at most the one mail whose runner is killed after the server's answer, with the same Message-ID", async () => {
    const names = Array.from({ length: 4 }, (_, index) => `m${index}`);
    const data = await queue(dialect, Object.fromEntries(names.map((name, index) => [name, { scheduled_for: at(index - 10) }])));
    const texts: string[] = [];
    const state: { kill?: () => void } = {};
    // The message is taken, but the worker dies before it can know.
    const server = await smtp({ beforeAnswer: ({ messageId }) => void (texts.push(messageId) === 2 && state.kill?.()) });
    const started = startEntry("process-email-queue", data, { mail: server.url() });
    state.kill = () => killRun(started);
    await started.ended;
    expect(await states(data)).toEqual({ m0: "sent", m1: "processing", m2: "pending", m3: "pending" });
    expect((await run(data, server)).result["emailsSent"]).toBe(2);
    expect((await run(data, server, { now: NOW + 6 * MINUTE })).result["emailsSent"]).toBe(1);
    expect(texts).toHaveLength(5);
    expect(texts[4]).toBe(texts[1]);
    expect(new Set(texts).size).toBe(4);
    expect(new Set(Object.values(await states(data)))).toEqual(new Set(["sent"]));
  });

  it("ends after the mail under way when it is cancelled, and the next run sends the rest", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `m${index}`);
    const data = await queue(dialect, Object.fromEntries(names.map((name) => [name, {}])));
    const { run: first, server } = await cancelAmongMails("process-email-queue", data, { nth: 3 });
    closing.push(server.close);
    expect(server.mails).toHaveLength(3);
    expect(first).toMatchObject({ status: "cancelled", result: { emailsSent: 3 } });
    expect(Object.values(await states(data)).filter((status) => status === "sent")).toHaveLength(3);
    await run(data, server);
    expect(new Set(server.mails.map(({ messageId }) => messageId)).size).toBe(10);
    expect(server.mails).toHaveLength(10);
  });
});

it("puts all notifications of a row into one mail, escaped, that can be unsubscribed from", async () => {
  const data = await queue("sqlite", { both: { notifications: ["<b>first</b>", "second"] } });
  const server = await smtp();
  await run(data, server, { set: { unsubscribe: "https://example.com/u?a={address}" } });
  const { raw, subject, readable } = server.mails[0] ?? { raw: "", subject: "", readable: "" };
  expect(subject).toBe("2 new notifications");
  expect(raw).toContain("List-Unsubscribe: <https://example.com/u?a=ann%40example.com>");
  expect(raw).toContain("Note <b>first</b>");
  expect(readable).toContain("Note &lt;b&gt;first&lt;/b&gt;");
});

interface QueueRow {
  user_id?: string;
  status?: "pending" | "processing" | "sent";
  scheduled_for?: string;
  attempts?: number;
  claimed_by?: string;
  claimed_at?: string;
  notifications?: string[];
}

/** A queue of these rows; each has one notification, called as the row, unless it says otherwise. */
async function queue(dialect: (typeof DIALECTS)[number], rows: Record<string, QueueRow>): Promise<TestDatabase> {
  const data = await appDatabase(dialect);
  closing.push(() => data.db.destroy());
  await addUsers(data, { ann: {}, bob: {}, anonymous: { status: "anonymized" } });
  for (const [id, { notifications = [id], ...given }] of Object.entries(rows)) {
    await data.db
      .insertInto("notification_email_queue")
      .values({ id, user_id: "ann", scheduled_for: at(-MINUTE), ...given })
      .execute();
    for (const title of notifications) {
      const note = { id: `${id}-${title}`, user_id: "ann", category: "x", title: `Note ${title}`, message: "Text", created_at: at(0) };
      await data.db.insertInto("notifications").values(note).execute();
      await data.db.insertInto("notification_email_items").values({ queue_id: id, notification_id: note.id }).execute();
    }
  }
  return data;
}

async function smtp(script?: SmtpScript): Promise<MailServer> {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

async function run(data: TestDatabase, server: MailServer, options: EntryOptions = {}): Promise<EntryRun> {
  return runEntry("process-email-queue", data, { mail: server.url(), ...options });
}

async function row({ db }: TestDatabase, id: string) {
  return db.selectFrom("notification_email_queue").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

async function states({ db }: TestDatabase): Promise<Record<string, string>> {
  const rows = await db.selectFrom("notification_email_queue").select(["id", "status"]).execute();
  return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
