import { ago, batchParams, conditions, defineJob, duration, itemParams, text } from "jobctl";

/**
 * Deletes the rows of one table whose instant in `column` is more than `olderThan` before the job's `now`, and that meet
 * `where`; rows that refer to them go as the database's own foreign keys say. A row that these keep is reported, and the
 * rest goes.
 *
 * It changes the named table, and `audit_logs` by one row that says how many went (not when none did).
 * Safe to run again at any moment, also after a crash: what is left is what is old.
 * Which table and which age is a rule of the entry that uses it: jobs/manifest.yaml says whose.
 */
export default defineJob({
  description: "Delete the rows of a table that are older than an age, in batches",
  params: {
    table: text({ description: "the table to delete from" }),
    column: text({ description: "its column that tells the age, an instant as UTC text" }),
    olderThan: duration({ description: "how long before now; 0s means everything in the past" }),
    where: conditions({ default: {}, description: "only these: {column: value | null | [values] | {op: value}}" }),
    ...batchParams,
    ...itemParams,
  },
  async run({ params, now, rows }) {
    const cutoff = ago(now, params.olderThan);
    const old = await rows(params.table, { column: params.column, before: cutoff, where: params.where });
    return { deletedCount: await old.delete(params), cutoff: cutoff.toISOString() };
  },
});
