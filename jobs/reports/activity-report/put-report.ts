import { randomUUID } from "node:crypto";
import type { JobContext } from "jobctl";
import type { Report } from "./report.ts";

/** The row of the report's kind and period: a new one, or in place of the one that is there. */
export async function putReport(db: JobContext["db"], { report, file, now }: { report: Report; file: string; now: Date }): Promise<void> {
  const values = { period_end: report.period.end, data: JSON.stringify(report), file_path: file, generated_at: now.toISOString() };
  await db
    .insertInto("reports")
    .values({ id: randomUUID(), kind: report.kind, period_start: report.period.start, ...values })
    .onConflict((conflict) => conflict.columns(["kind", "period_start"]).doUpdateSet(values))
    .execute();
}
