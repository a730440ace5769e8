import { countOf, type JobContext } from "jobctl";
import type { Period } from "./period.ts";

type Database = JobContext["db"];

/** What is counted for the period and for the one before it. */
export interface Totals {
  users: { total: number; new: number; active: number };
  sessions: { started: number; active: number; revoked: number };
  security: { failedLogins: number; incidents: number; bySeverity: Record<Severity, number> };
  /** `successRate` is a percentage; null where nothing happened. */
  actions: { total: number; succeeded: number; failed: number; warnings: number; successRate: number | null };
}

export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
type Severity = (typeof SEVERITIES)[number];

export async function totalsOf(db: Database, period: Period): Promise<Totals> {
  return {
    users: await userTotals(db, period),
    sessions: await sessionTotals(db, period),
    security: await securityTotals(db, period),
    actions: await actionTotals(db, period),
  };
}

/** A user was active who did what the audit log holds, or had a session that was used. */
async function userTotals(db: Database, period: Period): Promise<Totals["users"]> {
  const { start, end } = texts(period);
  const users = db.selectFrom("users");
  const living = users
    .where("created_at", "<", end)
    .where(({ eb, or }) => or([eb("deleted_at", "is", null), eb("deleted_at", ">=", end)]))
    .where(({ eb, or }) => or([eb("anonymized_at", "is", null), eb("anonymized_at", ">=", end)]));
  const active = db
    .selectFrom("audit_logs")
    .select("user_id")
    .where("created_at", ">=", start)
    .where("created_at", "<", end)
    .where("user_id", "is not", null)
    .union(usedSessions(db, period).select("user_id"))
    .as("active");
  return {
    total: await countOf(living),
    new: await countOf(users.where("created_at", ">=", start).where("created_at", "<", end)),
    active: await countOf(db.selectFrom(active)),
  };
}

async function sessionTotals(db: Database, period: Period): Promise<Totals["sessions"]> {
  const { start, end } = texts(period);
  const sessions = db.selectFrom("sessions");
  return {
    started: await countOf(sessions.where("created_at", ">=", start).where("created_at", "<", end)),
    active: await countOf(usedSessions(db, period)),
    revoked: await countOf(sessions.where("revoked_at", ">=", start).where("revoked_at", "<", end)),
  };
}

function usedSessions(db: Database, period: Period) {
  const { start, end } = texts(period);
  return db
    .selectFrom("sessions")
    .where("created_at", "<", end)
    .where(({ eb, fn }) => eb(fn.coalesce("last_activity_at", "created_at"), ">=", start));
}

async function securityTotals(db: Database, period: Period): Promise<Totals["security"]> {
  const { start, end } = texts(period);
  const failedLogins = logged(db, period).where(({ eb, and, or }) =>
    or([eb("action", "=", "login.failed"), and([eb("action", "=", "login"), eb("status", "=", "failure")])]),
  );
  const groups = await db
    .selectFrom("security_incidents")
    .select(({ fn }) => ["severity", fn.countAll<number>().as("amount")])
    .where("detected_at", ">=", start)
    .where("detected_at", "<", end)
    .groupBy("severity")
    .execute();
  const bySeverity = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const group of groups) bySeverity[group.severity] = Number(group.amount);
  return {
    failedLogins: await countOf(failedLogins),
    incidents: Object.values(bySeverity).reduce((sum, each) => sum + each, 0),
    bySeverity,
  };
}

async function actionTotals(db: Database, period: Period): Promise<Totals["actions"]> {
  const groups = await logged(db, period)
    .select(({ fn }) => ["status", fn.countAll<number>().as("amount")])
    .groupBy("status")
    .execute();
  const by = Object.fromEntries(groups.map(({ status, amount: found }) => [status, Number(found)]));
  const [succeeded, failed, warnings] = [by["success"] ?? 0, by["failure"] ?? 0, by["warning"] ?? 0];
  const total = succeeded + failed + warnings;
  return { total, succeeded, failed, warnings, successRate: total === 0 ? null : percent(succeeded + warnings, total) };
}

/** The audit log of the period. */
export function logged(db: Database, period: Period) {
  const { start, end } = texts(period);
  return db.selectFrom("audit_logs").where("created_at", ">=", start).where("created_at", "<", end);
}

/** One decimal. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}

function texts({ start, end }: Period): { start: string; end: string } {
  return { start: start.toISOString(), end: end.toISOString() };
}
