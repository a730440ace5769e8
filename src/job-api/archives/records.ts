import type { AppRow } from "../database/app-tables.ts";
import { utcDay } from "../instants.ts";
import type { JobContext } from "../job-context.ts";

/** What is known of an archive whose rows are to be deleted. */
export type Archived = Pick<AppRow<"audit_log_archives">, "id" | "file_path" | "sha256" | "row_count">;

const ENDING = ".ndjson.gz";
/** A file that is not recorded, or not yet in its place. */
export const UNFINISHED = ".part";

/** A name that no other archive ever has. */
export function archiveName(table: string, now: Date, id: string): string {
  return `${table}-${utcDay(now)}-${id}${ENDING}`;
}

/** Is this the name of one of the table's archives? No other file is ever touched, whatever a record says. */
export function isArchive(name: string, table: string): boolean {
  const rest = name.startsWith(`${table}-`) ? name.slice(table.length + 1) : "";
  return /^\d{4}-\d\d-\d\d-[0-9a-f-]{36}\.ndjson\.gz$/.test(rest);
}

/** The folder and the name of an archive's file. node:path is asked for here since every job imports this package: a tenth of a millisecond. */
export function placeOf({ file_path: path }: { file_path: string }): { folder: string; name: string } {
  const { basename, dirname } = process.getBuiltinModule("node:path");
  return { folder: dirname(path), name: basename(path) };
}

/** The table's archives whose rows are not yet all deleted, or (`kept`) whose file is still there; oldest first. */
export async function recordedArchives(
  { db }: JobContext,
  table: string,
  state: "unfinished" | "kept",
): Promise<AppRow<"audit_log_archives">[]> {
  const kept = db.selectFrom("audit_log_archives").selectAll().where("purged_at", "is", null).orderBy("archived_at").orderBy("id");
  const found = await kept.where("deleted_at", state === "kept" ? "is not" : "is", null).execute();
  return found.filter((archive) => isArchive(placeOf(archive).name, table));
}
