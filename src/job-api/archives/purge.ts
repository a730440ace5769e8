import type { JobContext } from "../job-context.ts";
import { placeOf, recordedArchives } from "./records.ts";

/** The file goes before the stamp: a run that dies in between leaves a record whose file the next one does not find, and stamps. */
export async function purgeArchives(context: JobContext, { table }: { table: string }, before: Date): Promise<void> {
  const kept = await recordedArchives(context, table, "kept");
  const expired = kept.filter(({ last_created_at: last }) => last < before.toISOString());
  await context.each(
    expired,
    ({ file_path: path }) => `archive ${path}`,
    async (archive) => {
      const { id, file_path: path, sha256 } = archive;
      const { folder: where, name } = placeOf(archive);
      const folder = context.files(where);
      if (!context.dryRun) {
        folder.remove(name);
        await context.db.transaction().execute(async (transaction) => {
          await transaction.updateTable("audit_log_archives").set({ purged_at: context.now.toISOString() }).where("id", "=", id).execute();
          const details = { file: path, sha256 };
          await context.audit(transaction, { action: "archive.purged", resource: "audit_log_archives", resourceId: id, details });
        });
      }
      context.count("purgedCount");
    },
  );
}
