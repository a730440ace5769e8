import { ago, batchParams, defineJob, duration, itemParams, scrubParams, text } from "jobctl";

/**
 * Takes what tells of a person out of the rows of one table whose instant in `column` is more than `olderThan` before the
 * job's `now`: columns get the values of `set`, JSON columns lose the keys of `scrubJson` at any depth, and `mark` is stamped.
 *
 * A row is done once: what decides is the stamp, not whether the user is still there, so a row whose user is already NULL
 * still loses its address. A row whose JSON can't be read loses the rest, is reported, and comes again in the next run.
 * It changes the named table, and `audit_logs` by one row. Safe to run again at any moment, also after a crash.
 * One year for audit logs is the marketplace's rule (GDPR, storage limitation); other ages are the rule of their entry.
 */
export default defineJob({
  description: "Take personal data out of the rows of a table that are older than an age, in batches",
  params: {
    table: text({ description: "the table to anonymize" }),
    column: text({ description: "its column that tells the age, an instant as UTC text" }),
    olderThan: duration({ description: "how long before now" }),
    mark: text({ default: "anonymized_at", description: "the column that is stamped, so that no row is done twice" }),
    ...scrubParams,
    ...batchParams,
    ...itemParams,
  },
  async run({ params, now, rows }) {
    const cutoff = ago(now, params.olderThan);
    const old = await rows(params.table, { column: params.column, before: cutoff });
    const rule = { set: params.set, scrubJson: params.scrubJson, mark: { column: params.mark, at: now } };
    const anonymizedCount = await old.anonymize(rule, { ...params, count: "anonymizedCount", action: "rows.anonymized" });
    return { anonymizedCount, cutoff: cutoff.toISOString() };
  },
});
