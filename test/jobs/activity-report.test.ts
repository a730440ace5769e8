import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../jobs/reports/activity-report/report.ts";
import { DIALECTS } from "../../src/job-api/database/open-database.ts";
import { type Browser, startBrowser } from "../helpers/browser.ts";
import { cancelAt } from "../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../helpers/databases.ts";
import { runEntry } from "../helpers/entry.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const AT = Date.parse("2026-11-22T02:00:00.000Z");
const KINDS = ["daily", "weekly", "monthly"] as const;

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("activity-report on %s", (dialect) => {
  async function adminServer(): Promise<TestDatabase> {
    const data = await appDatabase(dialect);
    open.push(data);
    await data.db
      .insertInto("users")
      .values([
        user("ann", "2026-01-01"),
        user("ben", "2026-11-21"),
        user("cem", "2026-11-22"),
        user("dee", "2026-01-01", { deleted_at: instant("2026-11-20") }),
      ])
      .execute();
    await log(data, [
      ["2026-11-20T23:59:59.999Z", "login", "ann"],
      ["2026-11-21T00:00:00.000Z", "login", "ann"],
      ["2026-11-21T14:00:00.000Z", "project.viewed", "ann"],
      ["2026-11-21T14:30:00.000Z", "project.viewed", null],
      ["2026-11-21T14:59:59.999Z", "login.failed", null, "failure"],
      ["2026-11-21T23:59:59.999Z", "project.viewed", "ben", "warning"],
      ["2026-11-22T00:00:00.000Z", "login", "cem"],
      ["2026-11-15T00:00:00.000Z", "login", "dee", "failure"],
      ["2026-11-14T23:59:59.999Z", "login", "dee"],
      ["2026-10-31T12:00:00.000Z", "export", "ann"],
    ]);
    await data.db
      .insertInto("sessions")
      .values([
        session("s1", "ann", "2026-11-21T10:00:00.000Z"),
        session("s2", "ben", "2026-11-20T10:00:00.000Z", {
          last_activity_at: instant("2026-11-21"),
          revoked_at: "2026-11-21T12:00:00.000Z",
        }),
        session("s3", "cem", "2026-11-22T00:00:00.000Z"),
      ])
      .execute();
    await data.db
      .insertInto("security_incidents")
      .values([incident("i1", "high", "2026-11-21T00:00:00.000Z"), incident("i2", "low", "2026-11-20T23:59:59.999Z")])
      .execute();
    return data;
  }

  it("daily-report counts the day before, to the millisecond, and the day before that to compare", async () => {
    const data = await adminServer();
    const { run, report } = await make("daily-report", data);
    expect(run).toMatchObject({
      status: "succeeded",
      exitCode: 0,
      result: {
        kind: "daily",
        periodStart: "2026-11-21T00:00:00.000Z",
        periodEnd: "2026-11-22T00:00:00.000Z",
        activeUsers: 2,
        newUsers: 1,
        sessionsStarted: 1,
        actionCount: 5,
        successRate: 80,
        failedLogins: 1,
        incidentCount: 1,
      },
    });
    expect(report).toMatchObject({
      users: { total: 2, new: 1, active: 2 },
      sessions: { started: 1, active: 2, revoked: 1 },
      security: { failedLogins: 1, incidents: 1, bySeverity: { critical: 0, high: 1, medium: 0, low: 0 } },
      actions: { total: 5, succeeded: 3, failed: 1, warnings: 1, successRate: 80 },
      before: { actions: { total: 1 }, security: { incidents: 1 } },
      topActions: [
        { action: "project.viewed", count: 3, failures: 0, share: 60 },
        { action: "login", count: 1, failures: 0, share: 20 },
        { action: "login.failed", count: 1, failures: 1, share: 20 },
      ],
      peakHour: { hour: 14, count: 3 },
      days: [{ label: "2026-11-21", count: 5, failures: 1 }],
      compliance: null,
    });
    expect(report.hours.filter(({ count }) => count > 0)).toEqual([
      { label: "00", count: 1, failures: 0 },
      { label: "14", count: 3, failures: 1 },
      { label: "23", count: 1, failures: 0 },
    ]);
  });

  it("weekly-report takes the week from Sunday to Saturday, every day of it", async () => {
    const { run, report } = await make("weekly-report", await adminServer());
    expect(run.result).toMatchObject({ periodStart: "2026-11-15T00:00:00.000Z", periodEnd: "2026-11-22T00:00:00.000Z", actionCount: 7 });
    expect(report.days.map(({ label, count }) => [label.slice(8), count])).toEqual([
      ["15", 1],
      ["16", 0],
      ["17", 0],
      ["18", 0],
      ["19", 0],
      ["20", 1],
      ["21", 5],
    ]);
    expect(report.before.actions.total).toBe(1);
  });

  it("monthly-report adds how the rules of data protection were kept", async () => {
    const data = await adminServer();
    await data.db
      .insertInto("deletion_requests")
      .values([
        request("inTime", "2026-09-15T00:00:00.000Z", "2026-10-16T00:00:00.000Z"),
        request("late", "2026-09-15T00:00:00.000Z", "2026-10-16T00:00:00.001Z"),
        request("before", "2026-08-01T00:00:00.000Z", "2026-09-30T23:59:59.999Z"),
        request("overdue", "2026-09-30T23:59:59.999Z"),
        request("young", "2026-10-01T00:00:00.000Z"),
      ])
      .execute();
    await data.db.insertInto("audit_log_archives").values(archive("2026-10-01T02:00:00.000Z")).execute();
    // A year and the tolerance of eight days before the end of October; three years and eight days.
    await log(data, [
      ["2025-10-23T23:59:59.999Z", "old", "ann"],
      ["2025-10-24T00:00:00.000Z", "young", "ann"],
      ["2023-10-24T23:59:59.999Z", "ancient", null],
    ]);
    await data.db
      .updateTable("audit_logs")
      .set({ anonymized_at: instant("2026-10-05") })
      .where("action", "=", "ancient")
      .execute();
    const { run, report } = await make("monthly-report", data);
    expect(run.result).toMatchObject({
      periodStart: "2026-10-01T00:00:00.000Z",
      periodEnd: "2026-11-01T00:00:00.000Z",
      complianceBreaches: 4,
    });
    expect(report.compliance).toEqual({
      deletions: { completed: 2, inTime: 1, late: 1, overdue: 1 },
      anonymizedUsers: 0,
      anonymizedAuditRows: 1,
      archives: { files: 1, rows: 120 },
      retention: [
        { rule: "audit rows older than 365 days name nobody", breaches: 1 },
        { rule: "audit rows older than 1095 days are deleted", breaches: 1 },
      ],
      breaches: 4,
    });
    expect(report.days).toHaveLength(31);
  });

  it("replaces the report of a period in a second run, and makes another for another day", async () => {
    const data = await adminServer();
    const { run } = await make("daily-report", data);
    const directory = join(String(run.result["htmlPath"]), "..");
    await log(data, [["2026-11-21T03:00:00.000Z", "late.arrival", "ann"]]);
    await make("daily-report", data, { directory });
    await make("daily-report", data, { directory, at: AT - 86_400_000 });
    const rows = await data.db.selectFrom("reports").selectAll().orderBy("period_start").execute();
    expect(rows.map(({ kind, period_start }) => [kind, period_start])).toEqual([
      ["daily", instant("2026-11-20")],
      ["daily", instant("2026-11-21")],
    ]);
    expect(JSON.parse(rows[1]?.data ?? "")).toEqual(JSON.parse(readFileSync(join(directory, "daily-2026-11-21.json"), "utf8")));
    expect(JSON.parse(rows[1]?.data ?? "")).toMatchObject({ actions: { total: 6 } });
    expect(rows[1]?.file_path).toBe(join(directory, "daily-2026-11-21.html"));
    expect(readdirSync(directory).toSorted()).toEqual(
      ["20", "21"].flatMap((day) => [`daily-2026-11-${day}.html`, `daily-2026-11-${day}.json`]),
    );
  });

  it("writes nothing in a dry run, and tells the same numbers", async () => {
    const data = await adminServer();
    const directory = join(temporaryFolder(), "new");
    const dry = await runEntry("daily-report", data, { now: AT, args: ["--dry-run", "--set", `directory=${directory}`] });
    expect(existsSync(directory)).toBe(false);
    expect(await data.db.selectFrom("reports").selectAll().execute()).toEqual([]);
    expect(dry.result).toEqual((await make("daily-report", data, { directory })).run.result);
  });

  it.each(KINDS)("%s-report that is cancelled half-way leaves no report; the next run makes it", async (kind) => {
    const data = await adminServer();
    const directory = join(temporaryFolder(), "new");
    // When all is counted and nothing is written yet.
    const cancelled = await cancelAt("mkdir:1", `${kind}-report`, data, { now: AT, set: { directory } });
    expect(cancelled).toMatchObject({ status: "cancelled" });
    expect(await data.db.selectFrom("reports").select("id").execute()).toEqual([]);
    const { run, report } = await make(`${kind}-report`, data, { directory });
    expect([run.status, report.kind, readdirSync(directory).length]).toEqual(["succeeded", kind, 2]);
    expect(await data.db.selectFrom("reports").select("kind").execute()).toEqual([{ kind }]);
  });

  it("tells of a period in which nothing happened", async () => {
    const data = await appDatabase(dialect);
    open.push(data);
    const { run, report, page } = await make("monthly-report", data);
    expect(run).toMatchObject({ status: "succeeded", result: { actionCount: 0, successRate: null, complianceBreaches: 0 } });
    expect(report.peakHour).toBeNull();
    expect(page).toContain("Nothing was recorded in the audit log.");
  });
});

describe("the report's page", () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 400_000);
  afterAll(async () => browser?.close());

  it("escapes what the database holds, and loads nothing", async () => {
    const data = await busy();
    const { page } = await make("daily-report", data);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).not.toMatch(/<script|<img|https?:(?!\/\/www\.w3\.org\/)|url\(/);
  });

  it.each(KINDS)("looks well: %s", async (kind) => {
    const data = await busy();
    const { run } = await make(`${kind}-report`, data);
    const shots = temporaryFolder();
    for (const look of LOOKS) {
      const seen = await browser?.open(String(run.result["htmlPath"]), look);
      if (!seen) continue;
      expect(await seen.overflow(), "pixels too wide").toBe(0);
      expect(await seen.axe()).toEqual([]);
      expect(seen.complaints).toEqual([]);
      expect(
        await seen.page
          .locator(`.chart .${look.width < 640 ? "narrow" : "wide"} svg`)
          .first()
          .isVisible(),
      ).toBe(true);
      const shot = await seen.page.screenshot({ path: join(shots, `${kind}-${look.width}-${look.colorScheme}.png`), fullPage: true });
      expect(shot.length).toBeGreaterThan(20_000);
      await seen.page.close();
    }
  });
});

const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 360, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
] as const;

async function make(entry: string, data: TestDatabase, { directory = temporaryFolder(), at = AT } = {}) {
  const run = await runEntry(entry, data, { now: at, args: ["--set", `directory=${directory}`] });
  const report = JSON.parse(readFileSync(String(run.result["jsonPath"]), "utf8")) as Report;
  return { run, report, page: readFileSync(String(run.result["htmlPath"]), "utf8") };
}

async function busy(): Promise<TestDatabase> {
  const data = await appDatabase("sqlite");
  open.push(data);
  await data.db.insertInto("users").values(user("ann", "2026-01-01")).execute();
  const actions = [
    "login",
    "project.viewed",
    "<img src=x onerror=alert(1)>",
    "a-name-without-any-space.that-is-longer-than-a-phone-is-wide-by-far",
  ];
  const hours = Array.from({ length: 600 }, (_, index) => new Date(AT - index * 5_400_000).toISOString());
  await log(
    data,
    hours.map((at, index) => [at, actions[index % 4] ?? "", "ann", index % 9 === 0 ? "failure" : "success"]),
  );
  return data;
}

const instant = (day: string): string => `${day}T00:00:00.000Z`;

function user(id: string, created: string, more: { deleted_at?: string } = {}) {
  return { id, email: `${id}@example.com`, created_at: instant(created), ...more };
}

function session(id: string, user_id: string, created_at: string, more: { last_activity_at?: string; revoked_at?: string } = {}) {
  return { id, user_id, created_at, expires_at: instant("2026-12-01"), ...more };
}

function incident(id: string, severity: "high" | "low", detected_at: string) {
  return { id, type: "failed_logins", severity, detected_at };
}

function request(id: string, requested_at: string, completed_at: string | null = null) {
  return { id, user_id: id, requested_at, completed_at, status: completed_at ? ("completed" as const) : ("pending" as const) };
}

function archive(archived_at: string) {
  const day = instant("2026-06-01");
  return { id: "a", file_path: "/a.gz", sha256: "0", row_count: 120, first_created_at: day, last_created_at: day, archived_at };
}

type Line = [at: string, action: string, user: string | null, status?: "success" | "failure" | "warning"];

async function log({ db }: TestDatabase, lines: Line[]): Promise<void> {
  const rows = lines.map(([created_at, action, user_id, status = "success"], index) => ({
    id: `${created_at}-${index}`,
    created_at,
    action,
    user_id,
    status,
  }));
  for (let from = 0; from < rows.length; from += 250) {
    await db
      .insertInto("audit_logs")
      .values(rows.slice(from, from + 250))
      .execute();
  }
}
