import type { Rows } from "../database/rows.ts";
import type { Folder } from "../files/folder.ts";
import type { JobContext } from "../job-context.ts";
import { type ScrubRule, scrubRow } from "../scrub.ts";
import { type Archived, archiveName, UNFINISHED } from "./records.ts";

export type ArchivedRow = Record<string, unknown> & { id: string };

/** The rows in the form in which they are archived. */
export async function* readable(
  context: JobContext,
  options: ScrubRule & { table: string },
  rows: Rows,
): AsyncGenerator<ArchivedRow, void> {
  for await (const row of rows.read<ArchivedRow>({ key: "id" })) {
    try {
      yield scrubRow(row, options);
    } catch (error) {
      context.fail(`${options.table} ${row.id}`, error);
    }
  }
}

interface Writing {
  folder: Folder;
  options: { table: string; column: string; rowsPerFile: number };
  source: AsyncGenerator<ArchivedRow, void>;
}

/** Writes the next file, verifies and records it, then gives it its name. Undefined where no row is left. */
export async function writeArchive(context: JobContext, { folder, options, source }: Writing): Promise<Archived | undefined> {
  const first = await source.next();
  if (first.done) return undefined;
  const id = crypto.randomUUID();
  const name = archiveName(options.table, context.now, id);
  const unfinished = name + UNFINISHED;
  const { facts, last } = await fill(folder, unfinished, { first: first.value, source, most: options.rowsPerFile });
  await folder.checkArchive(unfinished, facts);
  const archived = { id, file_path: folder.locate(name), sha256: facts.sha256, row_count: facts.rowCount };
  const [first_created_at, last_created_at] = [first.value, last].map((row) => instantText(row[options.column]));
  await context.db
    .insertInto("audit_log_archives")
    .values({
      ...archived,
      first_created_at: first_created_at ?? "",
      last_created_at: last_created_at ?? "",
      archived_at: context.now.toISOString(),
    })
    .execute();
  folder.keep(unfinished, name);
  return archived;
}

async function fill(
  folder: Folder,
  name: string,
  { first, source, most }: { first: ArchivedRow; source: AsyncGenerator<ArchivedRow, void>; most: number },
) {
  const file = folder.createArchive(name);
  let last = first;
  try {
    file.add(first);
    while (file.rowCount < most) {
      const next = await source.next();
      if (next.done) break;
      file.add((last = next.value));
    }
    return { facts: file.finish(), last };
  } catch (error) {
    file.abandon();
    folder.remove(name);
    throw error;
  }
}

/** PostgreSQL gives a timestamp as a Date. */
function instantText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}
