import { JobctlError } from "../../errors.ts";
import type { Folder } from "../files/folder.ts";
import type { JobContext } from "../job-context.ts";
import { archivedIds, deleteArchived } from "./delete-archived.ts";
import { type Archived, isArchive, placeOf, recordedArchives, UNFINISHED } from "./records.ts";
import type { ArchiveOptions } from "./row-archives.ts";

export async function finishEarlier(context: JobContext, options: ArchiveOptions): Promise<void> {
  for (const archive of await recordedArchives(context, options.table, "unfinished")) {
    context.logger.info("finishing an archive of an earlier run", { file: archive.file_path });
    await verify(context, archive);
    await deleteArchived(context, options, archive);
  }
}

/** The run that recorded it may have died before the file got its name. */
async function verify(context: JobContext, archive: Archived): Promise<void> {
  const { file_path: path, sha256, row_count: rowCount } = archive;
  const { folder: where, name } = placeOf(archive);
  try {
    const folder = context.files(where);
    if (folder.size(name) === null && folder.size(name + UNFINISHED) !== null) folder.keep(name + UNFINISHED, name);
    await folder.checkArchive(name, { sha256, rowCount });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = "put the file back, or, where it is lost, delete its row in audit_log_archives: its rows are still in the table";
    throw new JobctlError("failed", `archive ${path} was not finished and can't be verified: ${why}; ${next}`);
  }
}

/** Files of runs that died before they recorded them: their rows are still in the table. Call it when no archive is unfinished. */
export function removeUnrecorded(folder: Folder, { table }: { table: string }): void {
  const left = folder.names().filter((name) => name.endsWith(UNFINISHED) && isArchive(name.slice(0, -UNFINISHED.length), table));
  for (const name of left) folder.remove(name);
}

/** How many rows of the table are in unfinished archives. */
export async function heldByEarlier(context: JobContext, { table }: { table: string }): Promise<number> {
  let held = 0;
  for (const archive of await recordedArchives(context, table, "unfinished")) {
    const { folder: where, name } = placeOf(archive);
    const folder = context.files(where);
    held += await countThere(context, table, archivedIds(folder, folder.size(name) === null ? name + UNFINISHED : name));
  }
  return held;
}

const IDS_A_QUERY = 1000;

async function countThere(context: JobContext, table: string, ids: AsyncIterable<string>): Promise<number> {
  const among = async (some: string[]): Promise<number> =>
    some.length === 0 ? 0 : (await context.rows(table, { where: [{ column: "id", comparison: "=", value: some }] })).count();
  let [found, held]: [number, string[]] = [0, []];
  for await (const id of ids) {
    held.push(id);
    if (held.length < IDS_A_QUERY) continue;
    found += await among(held);
    held = [];
  }
  return found + (await among(held));
}
