import { type AppRow, defineJob, type Folder, integer, itemParams, type JobContext, type ParamValues, text } from "jobctl";

const schema = {
  directory: text({ description: "the folder of the backups; made where it is not there" }),
  keep: integer({ default: 14, min: 1, unit: "backups", description: "how many to keep; the oldest beyond these are deleted" }),
  pgDump: text({ default: "pg_dump", description: "PostgreSQL: the program, of the server's version or newer" }),
  pgRestore: text({ default: "pg_restore", description: "PostgreSQL: the program that checks the dump" }),
  ...itemParams,
};

type Context = JobContext<ParamValues<typeof schema>>;
type Backup = AppRow<"backups">;

/**
 * Backs up the database: SQLite's online backup, or `pg_dump` in its custom format for PostgreSQL. The copy is checked
 * (integrity check, restore list and a full read), its sha256 recorded in `backups`, and the oldest are pruned to `keep`.
 *
 * It is written under a name that ends in `.part` and renamed once it is whole: a file without that ending is a whole
 * backup. Only files that `backups` records in this very folder are ever deleted, each with an `audit_logs` row. Every run
 * makes one backup; safe to run again at any moment, also after a crash: the next run takes a whole file as `ok` and calls
 * an unfinished one `failed`.
 * The admin server and the token platform back up nightly; how many to keep is the operator's choice.
 */
export default defineJob({
  description: "Back up the database into a verified file and prune the oldest backups",
  params: schema,
  async run(context: Context) {
    for (const name of ["backupCount", "prunedCount", "recoveredCount"]) context.count(name, 0);
    const folder = context.files(context.params.directory, { create: true });
    await settleEarlier(context, folder);
    const made = await backUp(context, folder);
    await prune(context, folder);
    return made;
  },
});

const ENDINGS = { sqlite: "db", postgres: "dump" } as const;
const UNFINISHED = ".part";

/** Those that lie in this folder, oldest first. */
async function recorded({ db }: Context, folder: Folder, status: Backup["status"]): Promise<(Backup & { name: string })[]> {
  const rows = await db.selectFrom("backups").selectAll().where("status", "=", status).orderBy("started_at").orderBy("id").execute();
  const here = rows.filter(({ file_path: path }) => path.startsWith(`${folder.path}/`));
  return here.map((row) => Object.assign(row, { name: row.file_path.slice(folder.path.length + 1) }));
}

/** What a run that was killed left behind: a file with its final name is whole, and only its record is missing. */
async function settleEarlier(context: Context, folder: Folder): Promise<void> {
  await context.each(
    await recorded(context, folder, "running"),
    ({ name }) => name,
    async ({ id, name }) => {
      if (folder.size(name) !== null) {
        if (!context.dryRun) await recordWhole(context, folder, { id, name });
        return context.count("recoveredCount");
      }
      if (context.dryRun) return;
      folder.remove(name + UNFINISHED);
      await recordFailure(context, id, "the run was killed before the backup was whole");
    },
  );
}

async function backUp(context: Context, folder: Folder): Promise<{ file?: string; sizeBytes?: number | null; sha256?: string }> {
  const { db, database, now, params } = context;
  const id = crypto.randomUUID();
  const name = `backup-${now.toISOString().replaceAll(":", "-")}-${id.slice(0, 8)}.${ENDINGS[database.dialect]}`;
  context.count("backupCount", context.dryRun ? 1 : 0);
  if (context.dryRun) return {};
  await db
    .insertInto("backups")
    .values({ id, started_at: now.toISOString(), file_path: folder.locate(name), status: "running" })
    .execute();
  try {
    await database.backUp(folder.locate(name + UNFINISHED), params);
    await database.checkBackUp(folder.locate(name + UNFINISHED), params);
    folder.keep(name + UNFINISHED, name);
    const made = await recordWhole(context, folder, { id, name });
    context.count("backupCount");
    return { file: folder.locate(name), ...made };
  } catch (error) {
    folder.remove(name + UNFINISHED);
    await recordFailure(context, id, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function recordWhole({ db, clock }: Context, folder: Folder, { id, name }: { id: string; name: string }) {
  const made = { sizeBytes: folder.size(name), sha256: await folder.sha256(name) };
  const finished = { status: "ok" as const, finished_at: clock().toISOString(), size_bytes: made.sizeBytes, sha256: made.sha256 };
  await db.updateTable("backups").set(finished).where("id", "=", id).execute();
  return made;
}

async function recordFailure({ db, clock }: Context, id: string, error_message: string): Promise<void> {
  await db
    .updateTable("backups")
    .set({ status: "failed", finished_at: clock().toISOString(), error_message })
    .where("id", "=", id)
    .execute();
}

/** The file goes before its record: a run that dies in between is made good by the next one, which finds no file. */
async function prune(context: Context, folder: Folder): Promise<void> {
  const { db, params, dryRun } = context;
  const whole = await recorded(context, folder, "ok");
  const surplus = whole.slice(0, Math.max(0, whole.length + (dryRun ? 1 : 0) - params.keep));
  await context.each(
    surplus,
    ({ name }) => name,
    async ({ id, name }) => {
      if (!dryRun) {
        folder.remove(name);
        await db.transaction().execute(async (transaction) => {
          await transaction.updateTable("backups").set({ status: "pruned" }).where("id", "=", id).execute();
          const details = { file: folder.locate(name) };
          await context.audit(transaction, { action: "backup.pruned", resource: "backup", resourceId: id, details });
        });
      }
      context.count("prunedCount");
    },
  );
}
