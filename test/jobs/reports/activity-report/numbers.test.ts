import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../../src/job-api/database/open-database.ts";
import { database } from "../../../helpers/entry.ts";
import { adminServer, instant, log, make } from "./world.ts";

describe.each(DIALECTS)("what activity-report counts on %s", (dialect) => {
  it("daily-report counts the day before, to the millisecond, and the day before that to compare", async () => {
    const data = await adminServer(dialect);
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
    const { run, report } = await make("weekly-report", await adminServer(dialect));
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
    const data = await adminServer(dialect);
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
      ["2026-09-30T23:59:59.999Z", "login", "ann"],
      ["2026-10-01T00:00:00.000Z", "login", "ann"],
      ["2026-10-31T23:59:59.999Z", "login", "ann"],
      ["2026-11-01T00:00:00.000Z", "login", "ann"],
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
      actionCount: 3,
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
    expect(report.before.actions.total).toBe(1);
    expect(report.days).toHaveLength(31);
  });

  it("tells of a period in which nothing happened", async () => {
    const data = await database(dialect);
    const { run, report, page } = await make("monthly-report", data);
    expect(run).toMatchObject({ status: "succeeded", result: { actionCount: 0, successRate: null, complianceBreaches: 0 } });
    expect(report.peakHour).toBeNull();
    expect(page).toContain("Nothing was recorded in the audit log.");
  });
});

function request(id: string, requested_at: string, completed_at: string | null = null) {
  return { id, user_id: id, requested_at, completed_at, status: completed_at ? ("completed" as const) : ("pending" as const) };
}

function archive(archived_at: string) {
  const day = instant("2026-06-01");
  return { id: "a", file_path: "/a.gz", sha256: "0", row_count: 120, first_created_at: day, last_created_at: day, archived_at };
}
