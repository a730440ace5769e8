import { batchParams, conditions, defineJob, itemParams, text, values } from "jobctl";

/**
 * Sets columns of the rows of one table whose instant in `column` is the job's `now` or before it, and that meet `where`.
 *
 * Rows that hold the values already are left alone, so it is safe to run again at any moment, also after a crash.
 * It changes the named table, and `audit_logs` by one row that says how many rows changed.
 * What is set and when is a rule of the entry that uses it: the client portal's deliverables expire at their `expires_at`,
 * which is 365 days after delivery.
 */
export default defineJob({
  description: "Set columns of the rows of a table whose time has come, in batches",
  params: {
    table: text({ description: "the table to change" }),
    column: text({ description: "its column that tells when, an instant as UTC text" }),
    set: values({ description: "columns and their new values: {status: expired}" }),
    where: conditions({ default: {}, description: "only these: {column: value | null | [values] | {op: value}}" }),
    ...batchParams,
    ...itemParams,
  },
  async run({ params, now, rows }) {
    const { table, column, where, set } = params;
    const due = await rows(table, { column, through: now, where });
    const updatedCount = await due.update(set, { ...params, count: "updatedCount", action: "rows.updated" });
    return { updatedCount, cutoff: now.toISOString() };
  },
});
