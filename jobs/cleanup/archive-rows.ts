import { ago, batchParams, defineJob, duration, integer, itemParams, rowArchives, scrubParams, text } from "jobctl";

const { batchSize, batchPause } = batchParams;

/**
 * Moves the rows of one table whose instant in `column` is more than `olderThan` before the job's `now` into gzip files of
 * JSON lines, in the anonymized form that `set` and `scrubJson` say (an archive must not keep raw addresses for years),
 * and deletes exactly those rows. Archive files whose newest row is older than `keepFor` are deleted.
 *
 * Each file is written under a name that ends in `.part` and read back (sha256, number of rows), recorded in
 * `audit_log_archives`, given its name, which no other ever has, and then its rows are deleted by their ids, with an
 * `audit_logs` row, and `deleted_at` is stamped. A run begins with what an earlier one left: a recorded archive is verified
 * and finished, a `.part` that nothing records is deleted. So it is safe to run again at any moment: a crash between any two
 * steps loses no row and archives none twice. A row whose JSON can't be read is reported and stays in the table.
 * 90 days, and 2555 days (seven years) for the files, are the admin server's rule for audit logs.
 */
export default defineJob({
  description: "Move the rows of a table that are older than an age into verified archive files; delete old archives",
  params: {
    table: text({ description: "the table to archive; its rows have a unique column `id`" }),
    column: text({ description: "its column that tells the age, an instant as UTC text" }),
    olderThan: duration({ description: "how long before now" }),
    directory: text({ description: "the folder of the archives, of no other entry; made where it is not there" }),
    keepFor: duration({ default: "2555d", description: "archives whose newest row is older than this are deleted" }),
    rowsPerFile: integer({ default: 100_000, min: 1, unit: "rows", description: "how many a file holds at most" }),
    ...scrubParams,
    batchSize,
    batchPause,
    ...itemParams,
  },
  async run(context) {
    const { params, now, rows } = context;
    const cutoff = ago(now, params.olderThan);
    const archives = rowArchives(context, params);
    await archives.finishEarlier();
    await archives.move(await rows(params.table, { column: params.column, before: cutoff }));
    await archives.purge(ago(now, params.keepFor));
    return { cutoff: cutoff.toISOString() };
  },
});
