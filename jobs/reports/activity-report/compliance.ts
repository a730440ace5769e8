import { ago, countOf, DAY, type JobContext } from "jobctl";
import type { Period } from "./period.ts";

type Database = JobContext["db"];

/** How the rules of data protection were kept in a period, and what breaks them at its end. Ages in milliseconds. */
export interface Compliance {
  deletions: { completed: number; inTime: number; late: number; overdue: number };
  anonymizedUsers: number;
  anonymizedAuditRows: number;
  archives: { files: number; rows: number };
  /** Rows that should be anonymized or gone by the end of the period. */
  retention: { rule: string; breaches: number }[];
  /** Late and overdue deletions, and all retention breaches. */
  breaches: number;
}

export interface Rules {
  deletionGrace: number;
  anonymizeAfter: number;
  deleteAfter: number;
  tolerance: number;
}

export async function complianceOf(db: Database, period: Period, rules: Rules): Promise<Compliance> {
  const deletions = await deletionsOf(db, period, rules.deletionGrace);
  const retention = await retentionOf(db, period.end, rules);
  return {
    deletions,
    anonymizedUsers: await stampedIn(db, "users", period),
    anonymizedAuditRows: await stampedIn(db, "audit_logs", period),
    archives: await archivesOf(db, period),
    retention,
    breaches: retention.reduce((sum, { breaches }) => sum + breaches, deletions.late + deletions.overdue),
  };
}

/** The run that finalizes comes once a day, so a request is in time up to a day after its grace. */
async function deletionsOf(db: Database, { start, end }: Period, grace: number): Promise<Compliance["deletions"]> {
  const limit = grace + DAY;
  const completed = await db
    .selectFrom("deletion_requests")
    .select(["requested_at", "completed_at"])
    .where("status", "=", "completed")
    .where("completed_at", ">=", start.toISOString())
    .where("completed_at", "<", end.toISOString())
    .execute();
  const late = completed.filter(
    ({ requested_at, completed_at }) => Date.parse(completed_at ?? "") - Date.parse(requested_at) > limit,
  ).length;
  const overdue = await countOf(
    db
      .selectFrom("deletion_requests")
      .where("status", "in", ["pending", "processing", "failed"])
      .where("requested_at", "<", ago(end, limit).toISOString()),
  );
  return { completed: completed.length, inTime: completed.length - late, late, overdue };
}

async function stampedIn(db: Database, table: "users" | "audit_logs", { start, end }: Period): Promise<number> {
  const rows = db.selectFrom<"users" | "audit_logs">(table);
  return countOf(rows.where("anonymized_at", ">=", start.toISOString()).where("anonymized_at", "<", end.toISOString()));
}

async function archivesOf(db: Database, { start, end }: Period): Promise<Compliance["archives"]> {
  const { files, rows } = await db
    .selectFrom("audit_log_archives")
    .select(({ fn }) => [fn.countAll<number>().as("files"), fn.sum<number | null>("row_count").as("rows")])
    .where("archived_at", ">=", start.toISOString())
    .where("archived_at", "<", end.toISOString())
    .executeTakeFirstOrThrow();
  return { files: Number(files), rows: Number(rows ?? 0) };
}

async function retentionOf(db: Database, end: Date, { anonymizeAfter, deleteAfter, tolerance }: Rules): Promise<Compliance["retention"]> {
  const olderThan = (age: number) => db.selectFrom("audit_logs").where("created_at", "<", ago(end, age + tolerance).toISOString());
  const named = olderThan(anonymizeAfter)
    .where("anonymized_at", "is", null)
    .where(({ eb, or }) => or([eb("user_id", "is not", null), eb("ip_address", "is not", null), eb("user_agent", "is not", null)]));
  return [
    { rule: `audit rows older than ${days(anonymizeAfter)} name nobody`, breaches: await countOf(named) },
    { rule: `audit rows older than ${days(deleteAfter)} are deleted`, breaches: await countOf(olderThan(deleteAfter)) },
  ];
}

const days = (milliseconds: number): string => `${Math.round(milliseconds / DAY)} days`;
