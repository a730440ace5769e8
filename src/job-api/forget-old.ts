import { ago, startOfDay } from "./instants.ts";
import type { JobContext } from "./job-context.ts";

/**
 * Deletes what a job kept of its earlier runs, `keepFor` (milliseconds) before the last midnight: so the table is cleaned, and
 * that is audited, once a day, however often the job runs. Kept as `deletedCount`; these rows are no items of the run.
 */
export async function forgetOld(
  { rows, now }: Pick<JobContext, "rows" | "now">,
  { table, column, keepFor }: { table: string; column: string; keepFor: number },
): Promise<void> {
  const old = await rows(table, { column, before: ago(startOfDay(now), keepFor) });
  await old.delete({ asItems: false });
}
