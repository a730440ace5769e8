import type { Folder } from "../files/folder.ts";
import type { JobContext } from "../job-context.ts";
import { type Archived, placeOf } from "./records.ts";
import type { ArchivedRow } from "./write-archive.ts";

interface Deleting {
  table: string;
  batchSize?: number | undefined;
  batchPause?: number | undefined;
}

/** Deletes exactly the rows that are in the file, whatever has become old since, and stamps the record. */
export async function deleteArchived(context: JobContext, { table, batchSize, batchPause }: Deleting, archive: Archived): Promise<void> {
  const { id, file_path: path, sha256, row_count: total } = archive;
  const { folder, name } = placeOf(archive);
  const details = { file: path, sha256, archivedCount: total };
  await context.eachBatch(
    archivedIds(context.files(folder), name),
    { batchSize, batchPause, total, count: "deletedCount", audit: { action: "rows.archived", resource: table, details } },
    async (transaction, ids) => {
      const { sql } = context;
      // One bound value, however many they are: the statement stays the same.
      const among = context.dialect === "sqlite" ? sql`IN (SELECT value FROM json_each(${JSON.stringify(ids)}))` : sql`= ANY(${ids})`;
      const { numAffectedRows } = await sql`DELETE FROM ${sql.table(table)} WHERE id ${among}`.execute(transaction);
      return Number(numAffectedRows ?? 0n);
    },
  );
  await context.db.updateTable("audit_log_archives").set({ deleted_at: context.now.toISOString() }).where("id", "=", id).execute();
}

export async function* archivedIds(folder: Folder, name: string): AsyncGenerator<string, void> {
  for await (const { id } of folder.readArchive<ArchivedRow>(name)) yield id;
}
