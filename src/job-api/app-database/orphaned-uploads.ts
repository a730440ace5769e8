import type { AppRow } from "../database/app-tables.ts";
import type { RowBatches } from "../database/rows.ts";
import type { Folder } from "../files/folder.ts";
import { inGroups } from "../in-pages.ts";
import type { JobContext } from "../job-context.ts";

type Upload = AppRow<"uploads">;

export interface OrphanOptions extends RowBatches {
  uploadsPath: string;
  /** Uploads from before this instant: a fresh one may be about to be used. */
  before: Date;
  /** The name of the count. */
  count: string;
}

/**
 * Deletes uploads that no avatar and no project image names: first the file, then the row, so that a crash in between
 * leaves a row without a file, which the next run deletes. A name that leads out of the folder, and a file that can't be
 * deleted, are bad items, and their rows stay. `missingCount` tells how many files were gone already.
 */
export async function orphanedUploads(context: JobContext, { uploadsPath, before, count, ...batches }: OrphanOptions): Promise<number> {
  const folder = context.files(uploadsPath);
  context.count("missingCount", 0);
  const details = { column: "created_at", cutoff: before.toISOString() };
  return context.eachBatch(
    removable(context, folder, before),
    { ...batches, count, audit: { action: "rows.deleted", resource: "uploads", details } },
    async (transaction, uploads) => {
      const gone = uploads.filter((upload) => removeFile(context, folder, upload)).map(({ id }) => id);
      if (gone.length > 0) await transaction.deleteFrom("uploads").where("id", "in", gone).execute();
      return gone.length;
    },
  );
}

async function* removable(context: JobContext, folder: Folder, before: Date): AsyncGenerator<Upload, void> {
  for await (const upload of orphans(context, before)) {
    try {
      if (folder.size(upload.filename) === null) context.count("missingCount");
      yield upload;
    } catch (error) {
      context.fail(`upload ${upload.id}`, error);
    }
  }
}

function removeFile(context: JobContext, folder: Folder, { id, filename }: Upload): boolean {
  try {
    folder.remove(filename);
    return true;
  } catch (error) {
    context.fail(`upload ${id} (${filename})`, error);
    return false;
  }
}

/** All avatars and images are read once for so many uploads: neither side need fit into memory. */
const UPLOADS_A_SCAN = 20_000;

async function* orphans(context: JobContext, before: Date): AsyncGenerator<Upload, void> {
  const old = await context.rows("uploads", { column: "created_at", before });
  const groups = inGroups(old.read<Upload>({ key: "id" }), UPLOADS_A_SCAN);
  for await (const uploads of groups) yield* await unused(context, uploads);
}

async function unused(context: JobContext, uploads: Upload[]): Promise<Upload[]> {
  const left = new Map(uploads.map((upload) => [upload.filename, upload]));
  for await (const url of addresses(context)) {
    for (const name of namesIn(url)) left.delete(name);
  }
  return [...left.values()];
}

/** Every avatar and image, each once, by their indexes. */
async function* addresses({ db, read }: JobContext): AsyncGenerator<string, void> {
  const avatars = db.selectFrom("users").select("avatar_url as url").distinct().orderBy("avatar_url");
  const images = db.selectFrom("projects").select("image_url as url").distinct().orderBy("image_url");
  const inOrder = { key: "url", size: 5000 } as const;
  const avatarUrls = read(inOrder, (after, size) => avatars.where("avatar_url", ">", after).limit(size).execute());
  const imageUrls = read(inOrder, (after, size) => images.where("image_url", ">", after).limit(size).execute());
  for (const urls of [avatarUrls, imageUrls]) for await (const { url } of urls) if (url !== null) yield url;
}

/** `https://cdn.example.com/uploads/a/b.png?v=1` names `b.png`, `a/b.png`, `uploads/a/b.png`: who is in doubt keeps the file. */
export function namesIn(url: string): string[] {
  const path = url.replace(/[?#].*$/s, "");
  return [url, path, decoded(path)].flatMap((form) => {
    const parts = form.split("/");
    return parts.map((_, index) => parts.slice(index).join("/"));
  });
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
