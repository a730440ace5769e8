import { ago, batchParams, defineJob, duration, itemParams, orphanedUploads, text } from "jobctl";

/**
 * Deletes uploads older than `olderThan` that no avatar (`users.avatar_url`) and no project image (`projects.image_url`)
 * names: the file below `uploadsPath`, and its row in `uploads`.
 *
 * A file that is missing still loses its row. One that can't be deleted, and a name that leads out of `uploadsPath` (by `..`
 * or over a symbolic link), are reported, and their rows stay. One `audit_logs` row says how many went.
 * Safe to run again at any moment: a crash leaves at most a row without its file, which the next run deletes. Not safe
 * with the wrong database beside the right folder: whose rows decide is `database:`.
 * The 30 days are the marketplace's rule: an upload may wait so long for the form that uses it.
 */
export default defineJob({
  description: "Delete uploaded files that nothing refers to, and their rows",
  params: {
    uploadsPath: text({ description: "the folder that holds the uploads" }),
    olderThan: duration({ default: "30d", description: "how long before now an upload was made" }),
    ...batchParams,
    ...itemParams,
  },
  async run(context) {
    const { params, now } = context;
    const cutoff = ago(now, params.olderThan);
    const deletedCount = await orphanedUploads(context, { ...params, before: cutoff, count: "deletedCount" });
    return { deletedCount, cutoff: cutoff.toISOString() };
  },
});
