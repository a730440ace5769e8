import { afterEach, describe, expect, it } from "vitest";
import job from "../../../jobs/notifications/security-alerts.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAmongMails } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type EntryOptions, type EntryRun, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { addUsers } from "../../helpers/people.ts";
import { type MailServer, type SmtpScript, startSmtp } from "../../helpers/smtp.ts";

const MINUTE = 60_000;
const START = -30 * MINUTE;
const at = (offset: number): string => new Date(NOW + offset).toISOString();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(DIALECTS)("security-alert on %s", (dialect) => {
  it("finds each pattern at its threshold and not below, and tells the organization's admins once", async () => {
    const data = await auditLog(dialect, [
      // From .1 five failed in the window, its edges included; from .2 one of five is a millisecond too old.
      ...times(3, { action: "login", status: "failure", ip_address: "192.0.2.1", organization_id: "acme" }),
      { action: "login.failed", ip_address: "192.0.2.1", organization_id: "acme", created_at: at(START) },
      { action: "login", status: "failure", ip_address: "192.0.2.1", organization_id: "acme", created_at: at(0) },
      ...times(4, { action: "login", status: "failure", ip_address: "192.0.2.2" }),
      { action: "login", status: "failure", ip_address: "192.0.2.2", created_at: at(START - 1) },
      ...times(9, { action: "login", ip_address: "192.0.2.3" }),
      // u1 from three addresses, u2 from two.
      ...["1", "2", "3", "3"].map((last) => ({
        action: "profile.updated",
        user_id: "u1",
        organization_id: "acme",
        ip_address: `198.51.100.${last}`,
      })),
      ...["1", "2", "2", "2"].map((last) => ({
        action: "profile.updated",
        user_id: "u2",
        organization_id: "acme",
        ip_address: `198.51.100.${last}`,
      })),
      // More than five grants of admin in beta, five in acme.
      ...times(6, { action: "role.changed", organization_id: "beta", metadata: '{"from":"member","role":"admin"}' }),
      ...times(5, { action: "role.changed", organization_id: "acme", metadata: '{"newRole":"admin"}' }),
      ...times(5, { action: "role.changed", organization_id: "acme", metadata: '{"newRole":"member","role":"admin"}' }),
      { action: "role.changed", organization_id: "acme", metadata: "no json" },
      // Second factors.
      ...times(5, { action: "mfa.failed", user_id: "u3", organization_id: "acme" }),
      ...times(4, { action: "mfa", status: "failure", user_id: "u4", organization_id: "acme" }),
    ]);
    const server = await smtp();
    const counts = { incidentsDetected: 4, notifiedCount: 4, emailsSent: 7, noContactCount: 0 };
    expect((await run(data, server, { dryRun: true })).result).toEqual(counts);
    expect([server.mails.length, await incidents(data)]).toEqual([0, []]);
    expect(await run(data, server)).toMatchObject({ status: "succeeded", result: counts });
    expect(await incidents(data)).toEqual([
      "admin-grants high beta beta 6 notified",
      "failed-logins high acme 192.0.2.1 5 notified",
      "failed-mfa high acme u3 5 notified",
      "many-addresses medium acme u1 3 notified",
    ]);
    expect(server.mails.map(({ to }) => String(to)).toSorted()).toEqual([
      ...Array(3).fill("ann@example.com"),
      ...Array(3).fill("bob@example.com"),
      "carl@example.com",
    ]);
    expect(server.mails.map(({ subject }) => subject)).toContain("[HIGH] Security: failed logins from one address");
    const later = { now: NOW + 15 * MINUTE };
    expect((await run(data, server, later)).result).toEqual({ incidentsDetected: 0, notifiedCount: 0, emailsSent: 0, noContactCount: 0 });
  });

  it("tells an attack that goes on once in a window", async () => {
    const data = await auditLog(dialect, []);
    const server = await smtp();
    const sent: unknown[] = [];
    for (const minutes of [0, 15, 30, 45]) {
      const rows = times(5, {
        action: "login.failed",
        ip_address: "192.0.2.1",
        organization_id: "acme",
        created_at: at((minutes - 1) * MINUTE),
      });
      await addRows(data, rows);
      sent.push((await runInProcess(job, data, { mail: server.url(), now: NOW + minutes * MINUTE })).result["incidentsDetected"]);
    }
    expect(sent).toEqual([1, 0, 0, 1]);
  });

  it("tells the next time whom it could not tell, and nobody twice", async () => {
    const data = await auditLog(dialect, times(5, { action: "login.failed", ip_address: "192.0.2.1", organization_id: "acme" }));
    const script = { refuses: true };
    const server = await smtp({
      recipient: (address) => (script.refuses && address.startsWith("bob") ? { code: 451, text: "later" } : undefined),
    });
    const first = await run(data, server);
    expect(first).toMatchObject({ status: "failed", exitCode: 1, result: { incidentsDetected: 1, emailsSent: 1, notifiedCount: 0 } });
    expect(first.result.failures).toEqual([
      { item: expect.stringMatching(/^incident .* \(failed-logins\)$/), error: expect.stringContaining("451 later") },
    ]);
    script.refuses = false;
    expect((await runInProcess(job, data, { mail: server.url(), now: NOW + 15 * MINUTE })).result).toMatchObject({
      incidentsDetected: 0,
      emailsSent: 1,
      notifiedCount: 1,
    });
    expect(server.mails.map(({ to }) => String(to))).toEqual(["ann@example.com", "bob@example.com"]);
  });

  it("stops between two mails when it is cancelled; the next run sends the rest", async () => {
    const attack = (last: number) => times(5, { action: "login.failed", ip_address: `192.0.2.${last}`, organization_id: "acme" });
    const data = await auditLog(dialect, [...attack(1), ...attack(2)]);
    const { run: first, server } = await cancelAmongMails("security-alert", data);
    closing.push(server.close);
    expect(first).toMatchObject({ status: "cancelled", result: { incidentsDetected: 2, emailsSent: 2 } });
    const left = (await incidents(data)).filter((each) => each.endsWith("open")).length;
    expect(left).toBeGreaterThan(0);
    expect(await run(data, server)).toMatchObject({
      status: "succeeded",
      result: { incidentsDetected: 0, notifiedCount: left, emailsSent: 2 },
    });
    expect((await incidents(data)).every((each) => each.endsWith("notified"))).toBe(true);
    expect(server.mails).toHaveLength(4);
  });

  it("keeps an incident open that nobody can be told of, and tells the addresses of `to`", async () => {
    const data = await auditLog(dialect, times(5, { action: "login.failed", ip_address: "192.0.2.1", organization_id: "empty" }));
    const server = await smtp();
    expect((await runInProcess(job, data, { mail: server.url() })).result).toEqual({
      incidentsDetected: 1,
      notifiedCount: 0,
      emailsSent: 0,
      noContactCount: 1,
    });
    expect(await incidents(data)).toEqual(["failed-logins high empty 192.0.2.1 5 open"]);
    const told = await runInProcess(job, data, { mail: server.url(), params: { to: "soc@example.com" } });
    expect(told.result).toEqual({ incidentsDetected: 0, notifiedCount: 1, emailsSent: 1, noContactCount: 0 });
    expect(server.mails[0]?.to).toEqual(["soc@example.com"]);
  });
});

interface Row {
  action: string;
  status?: "failure";
  ip_address?: string;
  user_id?: string;
  organization_id?: string;
  metadata?: string;
  created_at?: string;
}

function times(amount: number, row: Row): Row[] {
  return Array.from({ length: amount }, () => row);
}

/** An audit log with these rows, ten minutes old unless they say otherwise. */
async function auditLog(dialect: (typeof DIALECTS)[number], rows: Row[]): Promise<TestDatabase> {
  const data = await appDatabase(dialect);
  closing.push(() => data.db.destroy());
  for (const id of ["acme", "beta", "empty"]) await data.db.insertInto("organizations").values({ id, name: id }).execute();
  await addUsers(data, {
    ann: { organization_id: "acme", role: "admin" },
    bob: { organization_id: "acme", role: "admin" },
    carl: { organization_id: "beta", role: "admin" },
    ...Object.fromEntries(["u1", "u2", "u3", "u4"].map((id) => [id, { organization_id: "acme" }])),
  });
  await addRows(data, rows);
  return data;
}

async function addRows({ db }: TestDatabase, rows: Row[]): Promise<void> {
  const values = rows.map((row) => ({ id: crypto.randomUUID(), created_at: at(-10 * MINUTE), ...row }));
  for (const value of values) await db.insertInto("audit_logs").values(value).execute();
}

async function smtp(script?: SmtpScript): Promise<MailServer> {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

async function run(data: TestDatabase, server: MailServer, options: EntryOptions = {}): Promise<EntryRun> {
  return runEntry("security-alert", data, { mail: server.url(), ...options });
}

async function incidents({ db }: TestDatabase): Promise<string[]> {
  const rows = await db.selectFrom("security_incidents").selectAll().execute();
  return rows
    .map(({ type, severity, organization_id, details, notified_at }) => {
      const { subject, amount } = JSON.parse(details ?? "{}") as { subject: string; amount: number };
      return `${type} ${severity} ${organization_id} ${subject} ${amount} ${notified_at === null ? "open" : "notified"}`;
    })
    .toSorted();
}
