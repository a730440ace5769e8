import type { Rows } from "../database/rows.ts";
import type { JobContext } from "../job-context.ts";
import type { ScrubRule } from "../scrub.ts";
import { deleteArchived } from "./delete-archived.ts";
import { finishEarlier, heldByEarlier, removeUnrecorded } from "./finish-earlier.ts";
import { purgeArchives } from "./purge.ts";
import { readable, writeArchive } from "./write-archive.ts";

/** Where a table's rows are archived to, and in which form. */
export interface ArchiveOptions extends ScrubRule {
  /** Its rows have a unique column `id`. */
  table: string;
  /** Its column that tells the age. */
  column: string;
  directory: string;
  rowsPerFile: number;
  batchSize?: number | undefined;
  batchPause?: number | undefined;
}

/** The archives of one table, as `audit_log_archives` records them. A dry run counts what each method would do. */
export interface RowArchives {
  /**
   * Finishes what an earlier run left behind: the rows of a recorded archive are deleted once the file is verified. Throws
   * where that can't be done, since its rows are still in the table and must not be archived twice.
   */
  finishEarlier(): Promise<void>;
  /** Writes the rows to files and deletes exactly those. A row whose JSON can't be read is a bad item and stays. */
  move(rows: Rows): Promise<void>;
  /** Deletes the files whose newest row is older than `before`; their records stay, with `purged_at`. */
  purge(before: Date): Promise<void>;
}

/** Counts `archivedCount`, `archiveCount` (files), `deletedCount` and `purgedCount`. */
export function rowArchives(context: JobContext, options: ArchiveOptions): RowArchives {
  for (const name of ["archivedCount", "archiveCount", "deletedCount", "purgedCount"]) context.count(name, 0);
  return {
    finishEarlier: async () => (context.dryRun ? undefined : finishEarlier(context, options)),
    move: async (rows) => (context.dryRun ? countRows(context, options, rows) : moveRows(context, options, rows)),
    purge: async (before) => purgeArchives(context, options, before),
  };
}

async function moveRows(context: JobContext, options: ArchiveOptions, rows: Rows): Promise<void> {
  const folder = context.files(options.directory, { create: true });
  removeUnrecorded(folder, options);
  const source = readable(context, options, rows);
  for (;;) {
    const archive = await writeArchive(context, { folder, options, source });
    if (!archive) return;
    context.count("archiveCount");
    context.count("archivedCount", archive.row_count);
    await deleteArchived(context, options, archive);
  }
}

/** Rows that an unfinished archive holds would only be deleted. */
async function countRows(context: JobContext, options: ArchiveOptions, rows: Rows): Promise<void> {
  let found = 0;
  for await (const _ of readable(context, options, rows)) found += 1;
  const fresh = found - (await heldByEarlier(context, options));
  context.count("archivedCount", fresh);
  context.count("archiveCount", Math.ceil(fresh / options.rowsPerFile));
  context.count("deletedCount", found);
}
