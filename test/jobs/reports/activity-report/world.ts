import { readFileSync } from "node:fs";
import type { Report } from "../../../../jobs/reports/activity-report/report.ts";
import type { Dialect } from "../../../../src/job-api/database/open-database.ts";
import type { TestDatabase } from "../../../helpers/databases.ts";
import { database, folder, runEntry } from "../../../helpers/entry.ts";

/** When the reports are made. */
export const AT = Date.parse("2026-11-22T02:00:00.000Z");
export const KINDS = ["daily", "weekly", "monthly"] as const;

/** Makes a report by its entry; gives the run, the numbers and the page. */
export async function make(entry: string, data: TestDatabase, { directory = folder(), at = AT } = {}) {
  const run = await runEntry(entry, data, { now: at, args: ["--set", `directory=${directory}`] });
  const report = JSON.parse(readFileSync(String(run.result["jsonPath"]), "utf8")) as Report;
  return { run, report, page: readFileSync(String(run.result["htmlPath"]), "utf8") };
}

/** A system with a little of everything around midnight of 2026-11-21. */
export async function adminServer(dialect: Dialect): Promise<TestDatabase> {
  const data = await database(dialect);
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

export const instant = (day: string): string => `${day}T00:00:00.000Z`;

export function user(id: string, created: string, more: { deleted_at?: string } = {}) {
  return { id, email: `${id}@example.com`, created_at: instant(created), ...more };
}

function session(id: string, user_id: string, created_at: string, more: { last_activity_at?: string; revoked_at?: string } = {}) {
  return { id, user_id, created_at, expires_at: instant("2026-12-01"), ...more };
}

function incident(id: string, severity: "high" | "low", detected_at: string) {
  return { id, type: "failed_logins", severity, detected_at };
}

export type Line = [at: string, action: string, user: string | null, status?: "success" | "failure" | "warning"];

/** Adds rows to the audit log. */
export async function log({ db }: TestDatabase, lines: Line[]): Promise<void> {
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
