import { afterEach, describe, expect, it } from "vitest";
import job from "../../../jobs/notifications/email-digest.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { runJob } from "../../../src/job-api/testing.ts";
import { cancelAmongMails } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type EntryOptions, type EntryRun, runEntry } from "../../helpers/entry.ts";
import { NOW } from "../../helpers/host.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { addUsers } from "../../helpers/people.ts";
import { type MailServer, type SmtpScript, startRaw, startSmtp, smtpUrl } from "../../helpers/smtp.ts";

const DAY = 86_400_000;
const at = (offset: number): string => new Date(NOW + offset).toISOString();

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(DIALECTS)("email-digest on %s", (dialect) => {
  it("sends each opted-in user of each organization with the digest on what is new, once a day", async () => {
    const data = await organizations(dialect);
    const server = await smtp();
    const counts = { organizationsProcessed: 2, emailsSent: 4, alreadySentCount: 0, emptyCount: 0 };
    expect((await run(data, server, { dryRun: true })).result).toMatchObject({ organizations: 2, succeeded: 2, totals: counts });
    expect([server.mails.length, await outbox(data)]).toEqual([0, 0]);
    expect(await run(data, server)).toMatchObject({ status: "succeeded", exitCode: 0, result: { succeeded: 2, totals: counts } });
    expect(recipients(server)).toEqual(["ann", "away", "ben", "cem"]);
    const [first] = server.mails;
    expect(first?.subject).toBe("Acme: what is new");
    expect(first?.raw).toMatch(/^List-Unsubscribe: <mailto:jobs@example.com\?subject=unsubscribe>\r$/m);
    // One user joined a millisecond after the digest before, one on it; projects and upvotes are all new the first time.
    expect(first?.readable).toContain("New users: 1\r\nNew projects: 2\r\nNew upvotes: 3\r\nSecurity incidents: 1");
    const again = await run(data, server, { now: NOW + 6 * 3_600_000 });
    expect(again).toMatchObject({ status: "succeeded", result: { totals: { emailsSent: 0, alreadySentCount: 4 } } });
    expect(server.mails).toHaveLength(4);
  });

  it("leaves the others alone when an organization's content fails", async () => {
    const data = await organizations(dialect);
    const broken = {
      id: "x",
      dedupe_key: "email-digest-content:acme:2026-11-22",
      kind: "email-digest-content",
      recipient: "acme",
      subject: "",
      body: "{",
    };
    await data.db
      .insertInto("outbox")
      .values({ ...broken, channel: "digest", status: "sent", created_at: at(0) })
      .execute();
    const server = await smtp();
    const end = await run(data, server);
    const counts = { organizations: 2, succeeded: 1, failed: 1, totals: { organizationsProcessed: 1, emailsSent: 1 } };
    expect(end).toMatchObject({ status: "failed", reason: "organizations", exitCode: 1, result: counts });
    expect(end.result.failures).toMatchObject([
      { organization: "acme", status: "failed", error: expect.stringMatching(/^1 of 1 items failed: organization Acme \(acme\): .*JSON/) },
    ]);
    expect(recipients(server)).toEqual(["cem"]);
  });

  it("tells the next day what came since, the same to all, also to whom the first run did not reach", async () => {
    const data = await organizations(dialect);
    const script = { refuses: false };
    const server = await smtp({
      recipient: (address) => (script.refuses && address.startsWith("ben") ? { code: 451, text: "later" } : undefined),
    });
    const on = (now: number) => runInProcess(job, data, { mail: server.url(), now, params: { skipEmpty: true } });
    await on(NOW);
    await addUsers(data, { dora: { organization_id: "acme", created_at: at(1) }, emil: { organization_id: "acme", created_at: at(DAY) } });
    await data.db.insertInto("projects").values({ id: "p3", title: "P", organization_id: "acme" }).execute();
    script.refuses = true;
    expect(await on(NOW + DAY)).toMatchObject({
      failures: [expect.stringMatching(/^Acme: ben@example.com: .*451 later$/)],
      result: { emailsSent: 2, emptyCount: 1 },
    });
    await addUsers(data, { fay: { organization_id: "acme", created_at: at(DAY + 1) } });
    script.refuses = false;
    expect((await on(NOW + DAY + 3_600_000)).result).toMatchObject({ emailsSent: 1, alreadySentCount: 2 });
    const texts = server.mails.slice(3).map(({ readable }) => /New users.*New upvotes: \d/s.exec(readable)?.[0]);
    expect(texts).toEqual(Array(3).fill("New users: 2\r\nNew projects: 1\r\nNew upvotes: 0"));
    expect((await on(NOW + 2 * DAY)).result).toMatchObject({ emailsSent: 3 });
    expect(server.mails.at(-1)?.readable).toContain("New users: 1\r\nNew projects: 0");
  });

  it("sends no more than the rate limit allows within an hour, and leaves the rest to the next run without a failure", async () => {
    const data = await organizations(dialect);
    const server = await smtp();
    const on = (minutes: number, dryRun = false) =>
      runInProcess(job, data, { mail: server.url(), now: NOW + minutes * 60_000, dryRun, params: { rateLimit: 2 } });
    const some = { organizationsProcessed: 1, emailsSent: 2, alreadySentCount: 0, leftCount: 2 };
    expect(await on(0, true)).toMatchObject({ result: some, failures: [] });
    expect(await on(0)).toMatchObject({ result: some, failures: [] });
    const none = { organizationsProcessed: 1, emailsSent: 0, alreadySentCount: 2, leftCount: 2 };
    expect(await on(59)).toMatchObject({ result: none, failures: [] });
    expect(server.mails).toHaveLength(2);
    const rest = { organizationsProcessed: 2, emailsSent: 2, alreadySentCount: 2, leftCount: 0 };
    expect(await on(61)).toMatchObject({ result: rest, failures: [] });
    expect(recipients(server)).toEqual(["ann", "away", "ben", "cem"]);
  });

  it("tells who was left the next day what they missed, and begins with them, until all had their turn", async () => {
    const data = await organizations(dialect);
    const server = await smtp();
    const on = (now: number) => runInProcess(job, data, { mail: server.url(), now, params: { rateLimit: 2 } });
    expect((await on(NOW)).result).toMatchObject({ emailsSent: 2, leftCount: 2 });
    await addUsers(data, {
      dora: { organization_id: "acme", created_at: at(1) },
      late: { organization_id: "acme", created_at: at(2), digest_opt_in: 1 },
    });
    // Cobalt, which had none, comes before Acme; and there ben, who was left, before the others.
    expect((await on(NOW + DAY)).result).toMatchObject({ emailsSent: 2, leftCount: 3 });
    expect((await on(NOW + 2 * DAY)).result).toMatchObject({ emailsSent: 2, leftCount: 3 });
    expect((await on(NOW + 2 * DAY + 3_660_000)).result).toMatchObject({ emailsSent: 2, alreadySentCount: 2, leftCount: 1 });
    const told = server.mails.map(({ to, readable }) => `${String(to).split("@")[0]} ${/New users: \d|Nothing/.exec(readable)?.[0]}`);
    // late was not there on the first day, and is told of the second.
    const [one, two] = ["ann New users: 1, away New users: 1, cem Nothing, ben New users: 3", "late New users: 2, ann New users: 2"];
    expect(told.join(", ")).toBe(`${one}, ${two}, cem Nothing, away New users: 2`);
  });

  it("is no failure at the rate limit, and turns to the organizations next that waited longest", async () => {
    const data = await organizations(dialect);
    const server = await smtp();
    const totals = { organizationsProcessed: 1, emailsSent: 2, leftCount: 2 };
    const first = await run(data, server, { set: { rateLimit: 2 } });
    expect(first).toMatchObject({ status: "succeeded", exitCode: 0, result: { succeeded: 2, failed: 0, totals } });
    const second = await run(data, server, { set: { rateLimit: 2 }, now: NOW + DAY });
    expect(second).toMatchObject({ status: "succeeded", result: { totals: { organizationsProcessed: 2, emailsSent: 2, leftCount: 2 } } });
    expect(server.mails.map(({ to }) => String(to).split("@")[0])).toEqual(["ann", "away", "cem", "ben"]);
  });

  it("keeps to the organization that the run is for", async () => {
    const data = await organizations(dialect);
    const server = await smtp();
    const on = (organization: string) => runInProcess(job, data, { mail: server.url(), organization });
    expect((await on("cobalt")).result).toMatchObject({ organizationsProcessed: 1, emailsSent: 1 });
    expect((await on("off")).result).toMatchObject({ organizationsProcessed: 0, emailsSent: 0 });
    expect(recipients(server)).toEqual(["cem"]);
  });

  it("stops between two mails when it is cancelled, and the next run sends the rest", async () => {
    const data = await organizations(dialect);
    const { run: first, server } = await cancelAmongMails("email-digest", data);
    closing.push(server.close);
    expect(first).toMatchObject({
      status: "cancelled",
      result: { organizations: 2, cancelled: 1, left: 1, totals: { emailsSent: 2 } },
    });
    expect((await runInProcess(job, data, { mail: server.url() })).result).toMatchObject({ emailsSent: 2, alreadySentCount: 2 });
    expect(recipients(server)).toEqual(["ann", "away", "ben", "cem"]);
  });
});

const ACME = { id: "acme", name: "Acme", email_digest_enabled: 1 };

it("tells who was left what they missed on a day that has nothing new, where empty digests are not sent", async () => {
  const user = { organization_id: "acme", digest_opt_in: 1, created_at: at(-1) };
  const users = ["ann", "ben"].map((id) => Object.assign({ id, email: `${id}@example.com` }, user));
  const params = { rateLimit: 1, skipEmpty: true };
  const first = await runJob(job, { now: at(0), params, shippedTables: true, rows: { organizations: [ACME], users } });
  const next = await runJob(job, { now: at(DAY), params, database: first.database });
  expect([...first.mails, ...next.mails].map(({ to, text }) => [to, /New users: \d/.exec(text)?.[0]])).toEqual([
    ["ann@example.com", "New users: 2"],
    ["ben@example.com", "New users: 2"],
  ]);
  expect([first.result, next.result]).toMatchObject([
    { emailsSent: 1, emptyCount: 0, leftCount: 1 },
    { emailsSent: 1, emptyCount: 1, leftCount: 0 },
  ]);
});

it("calls no organization failed whose turn it was when the run is cancelled", async () => {
  const signal = AbortSignal.abort(new Error("cancelled by SIGTERM"));
  const end = await runJob(job, { signal, shippedTables: true, rows: { organizations: [ACME] } });
  expect([end.status, end.error, end.logs]).toEqual(["cancelled", "cancelled by SIGTERM", []]);
  expect(end.result).not.toHaveProperty("failures");
});

it("is skipped for each organization, and says why, where the mail server can't be reached", async () => {
  const data = await organizations("sqlite");
  const server = await startRaw(() => {});
  await server.close();
  const end = await runEntry("email-digest", data, { mail: smtpUrl(server.port), force: false });
  expect(end).toMatchObject({ status: "failed", exitCode: 75, result: { organizations: 2, skipped: 2 } });
  expect(end.error).toMatch(/\n {2}acme \(run 2\): skipped: job-check: the mail server can't be used: .*ECONNREFUSED/);
});

/** Acme and Cobalt have the digest on; another has it off, a fourth is suspended. */
async function organizations(dialect: (typeof DIALECTS)[number]): Promise<TestDatabase> {
  const data = await appDatabase(dialect);
  closing.push(() => data.db.destroy());
  const all = [
    ACME,
    { id: "cobalt", name: "Cobalt", email_digest_enabled: 1 },
    { id: "off", name: "Off", email_digest_enabled: 0 },
    { id: "closed", name: "Closed", email_digest_enabled: 1, status: "suspended" as const },
  ];
  for (const row of all) await data.db.insertInto("organizations").values(row).execute();
  await addUsers(data, {
    ann: { organization_id: "acme", digest_opt_in: 1, created_at: at(-DAY + 1) },
    ben: { organization_id: "acme", digest_opt_in: 1, created_at: at(-DAY) },
    away: { organization_id: "acme", digest_opt_in: 1, status: "inactive" },
    silent: { organization_id: "acme" },
    gone: { organization_id: "acme", digest_opt_in: 1, status: "anonymized" },
    cem: { organization_id: "cobalt", digest_opt_in: 1 },
    olga: { organization_id: "off", digest_opt_in: 1 },
    clara: { organization_id: "closed", digest_opt_in: 1 },
    nobody: { digest_opt_in: 1 },
  });
  for (const id of ["p1", "p2"]) await data.db.insertInto("projects").values({ id, title: "P", organization_id: "acme" }).execute();
  for (const user_id of ["ann", "ben", "cem"])
    await data.db.insertInto("upvotes").values({ id: user_id, project_id: "p1", user_id }).execute();
  const incident = { type: "x", severity: "high" as const, organization_id: "acme" };
  await data.db
    .insertInto("security_incidents")
    .values({ ...incident, id: "new", detected_at: at(-1) })
    .execute();
  await data.db
    .insertInto("security_incidents")
    .values({ ...incident, id: "old", detected_at: at(-2 * DAY) })
    .execute();
  return data;
}

function recipients({ mails }: MailServer): string[] {
  return mails.map(({ to }) => String(to).replace("@example.com", "")).toSorted();
}

async function outbox({ db }: TestDatabase): Promise<number> {
  return (await db.selectFrom("outbox").select("id").execute()).length;
}

async function smtp(script?: SmtpScript): Promise<MailServer> {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

async function run(data: TestDatabase, server: MailServer, options: EntryOptions = {}): Promise<EntryRun> {
  return runEntry("email-digest", data, { mail: server.url(), ...options });
}
