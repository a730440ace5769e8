import { afterEach, describe, expect, it } from "vitest";
import job from "../../../jobs/notifications/expiry-notices.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAmongMails } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type EntryOptions, type EntryRun, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { addUsers } from "../../helpers/people.ts";
import { type MailServer, type SmtpScript, startSmtp } from "../../helpers/smtp.ts";

const DAY = 86_400_000;
const at = (offset: number): string => new Date(NOW + offset).toISOString();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(DIALECTS)("expiry-notification on %s", (dialect) => {
  it("tells each admin of the organization what expires within 30 days, for the shortest lead that fits", async () => {
    const data = await credentials(dialect, {
      now: { expires_at: at(0) },
      soon: { expires_at: at(1) },
      day: { expires_at: at(DAY) },
      "day-1ms": { expires_at: at(DAY + 1) },
      week: { expires_at: at(7 * DAY) },
      "week-1ms": { expires_at: at(7 * DAY + 1) },
      month: { expires_at: at(30 * DAY) },
      "month-1ms": { expires_at: at(30 * DAY + 1) },
      revoked: { expires_at: at(DAY), status: "revoked" },
      never: { expires_at: null },
      lonely: { expires_at: at(DAY), organization_id: "empty" },
      platform: { expires_at: at(DAY), organization_id: null },
    });
    const server = await smtp();
    const counts = { expiringCount: 8, emailsSent: 13, alreadySentCount: 0, noContactCount: 1 };
    expect((await run(data, server, { dryRun: true })).result).toEqual(counts);
    expect(server.mails).toEqual([]);
    expect(await run(data, server)).toMatchObject({ status: "succeeded", result: counts });
    const told = server.mails.map(({ to, subject }) => `${String(to)} ${subject}`);
    const twice = Object.entries(LEADS).flatMap(([name, lead]) =>
      ["ann", "bob"].map((admin) => `${admin}@example.com Expires within ${lead}: api key ${name}`),
    );
    expect(told.toSorted()).toEqual([...twice, "root@example.com Expires within 1 day: api key platform"].toSorted());
    expect((await run(data, server)).result).toEqual({ ...counts, emailsSent: 0, alreadySentCount: 13 });
    expect(server.mails).toHaveLength(13);
  });

  it("tells once for each lead on the way, also after a day without a run, and anew after a renewal", async () => {
    const data = await credentials(dialect, { key: { expires_at: at(40 * DAY) } });
    const server = await smtp();
    const sent: string[] = [];
    for (const day of [9, 11, 12, 20, 34, 38, 39.5]) {
      const { result } = await runInProcess(job, data, { mail: server.url(), now: NOW + day * DAY });
      sent.push(`${day}: ${String(result["emailsSent"])}`);
    }
    expect(sent).toEqual(["9: 0", "11: 2", "12: 0", "20: 0", "34: 2", "38: 0", "39.5: 2"]);
    await data.db
      .updateTable("credentials")
      .set({ expires_at: at(60 * DAY) })
      .execute();
    expect((await runInProcess(job, data, { mail: server.url(), now: NOW + 41 * DAY })).result).toMatchObject({ emailsSent: 2 });
  });

  it("goes on after a mail that is not taken, says so, and sends only that one the next time", async () => {
    const data = await credentials(dialect, { key: { expires_at: at(DAY) }, other: { expires_at: at(DAY) } });
    const script = { refused: 0 };
    const server = await smtp({
      recipient: (address) => (address === "bob@example.com" && ++script.refused < 4 ? { code: 451, text: "later" } : undefined),
    });
    const first = await run(data, server);
    expect(first).toMatchObject({ status: "failed", exitCode: 1, result: { emailsSent: 3 } });
    expect(first.result.failures).toEqual([
      { item: "key (key) to bob@example.com", error: expect.stringMatching(/not taken now; .*451 later$/) },
    ]);
    expect(await run(data, server)).toMatchObject({ status: "succeeded", result: { emailsSent: 1, alreadySentCount: 3 } });
    expect(server.mails).toHaveLength(4);
  });

  it("stops between two mails when it is cancelled; the next run sends the rest", async () => {
    const data = await credentials(dialect, { key: { expires_at: at(DAY) }, other: { expires_at: at(DAY) } });
    const { run: first, server } = await cancelAmongMails("expiry-notification", data);
    closing.push(server.close);
    expect(first).toMatchObject({ status: "cancelled", result: { emailsSent: 2 } });
    expect(await run(data, server)).toMatchObject({ status: "succeeded", result: { emailsSent: 2, alreadySentCount: 2 } });
    expect(new Set(server.mails.map(({ to, subject }) => `${String(to)} ${subject}`)).size).toBe(4);
  });
});

const LEADS: Record<string, string> = {
  soon: "1 day",
  day: "1 day",
  "day-1ms": "7 days",
  week: "7 days",
  "week-1ms": "30 days",
  month: "30 days",
};

interface Credential {
  expires_at: string | null;
  status?: "revoked";
  organization_id?: string | null;
}

async function credentials(dialect: (typeof DIALECTS)[number], all: Record<string, Credential>): Promise<TestDatabase> {
  const data = await appDatabase(dialect);
  closing.push(() => data.db.destroy());
  for (const id of ["acme", "empty"]) await data.db.insertInto("organizations").values({ id, name: id }).execute();
  await addUsers(data, {
    ann: { organization_id: "acme", role: "admin" },
    bob: { organization_id: "acme", role: "admin" },
    member: { organization_id: "acme" },
    away: { organization_id: "acme", role: "admin", status: "inactive" },
    root: { role: "admin" },
  });
  for (const [name, credential] of Object.entries(all)) {
    const row = { id: name, name, kind: "api_key" as const, organization_id: "acme", ...credential };
    await data.db.insertInto("credentials").values(row).execute();
  }
  return data;
}

async function smtp(script?: SmtpScript): Promise<MailServer> {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

async function run(data: TestDatabase, server: MailServer, options: EntryOptions = {}): Promise<EntryRun> {
  return runEntry("expiry-notification", data, { mail: server.url(), ...options });
}
