import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { namesIn } from "../../../src/job-api/app-database/orphaned-uploads.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, folder, runEntry } from "../../helpers/entry.ts";

const ENTRY = "cleanup-orphaned-files";
const OLD = daysAgo(30, -1);

describe.each(DIALECTS)("cleanup-orphaned-files on %s", (dialect) => {
  it("deletes row and file of the upload one millisecond too old that nothing names, and keeps all others", async () => {
    const data = await database(dialect);
    const uploadsPath = folder();
    await upload(data, uploadsPath, { "old.png": OLD, "on.png": daysAgo(30), "young.png": daysAgo(30, 1) });
    await upload(data, uploadsPath, { "avatar.png": OLD, "deep/image 1.png": OLD, "lost.png": OLD, "deep/orphan.png": OLD });
    await upload(data, uploadsPath, { "missing.png": OLD }, false);
    await data.db
      .insertInto("users")
      .values({ id: "u", email: "u@example.com", created_at: OLD, avatar_url: "https://cdn.example.com/uploads/avatar.png?size=64#x" })
      .execute();
    await data.db.insertInto("projects").values({ id: "p", title: "P", image_url: "/uploads/deep/image%201.png" }).execute();
    const set = { uploadsPath };
    const found = { status: "succeeded", result: { deletedCount: 4, missingCount: 1 } };
    expect(await runEntry(ENTRY, data, { set, dryRun: true })).toMatchObject(found);
    expect(await names(data)).toHaveLength(8);
    expect(await runEntry(ENTRY, data, { set })).toMatchObject(found);
    const kept = ["avatar.png", "deep/image 1.png", "on.png", "young.png"];
    expect(await names(data)).toEqual(kept);
    expect([...kept, "old.png", "lost.png", "deep/orphan.png"].filter((name) => existsSync(join(uploadsPath, name)))).toEqual(kept);
    expect(await runEntry(ENTRY, data, { set })).toMatchObject({ status: "succeeded", result: { deletedCount: 0, missingCount: 0 } });
    expect(await audits(data)).toMatchObject([{ action: "rows.deleted", resource_type: "uploads", cutoff: daysAgo(30), deletedCount: 4 }]);
  });

  it("never leaves the folder: names with .., absolute ones and links are reported, and their rows and files stay", async () => {
    const data = await database(dialect);
    const [uploadsPath, outside] = [folder(), folder()];
    writeFileSync(join(outside, "secret"), "s");
    symlinkSync(outside, join(uploadsPath, "door"));
    symlinkSync(join(outside, "secret"), join(uploadsPath, "link"));
    mkdirSync(join(uploadsPath, "a-folder"));
    const bad = [`../${outside.split("/").at(-1)}/secret`, join(outside, "secret"), "door/secret", "link", "a/../../x", "a-folder", ""];
    await upload(data, uploadsPath, Object.fromEntries(bad.map((name) => [name, OLD])), false);
    await upload(data, uploadsPath, { "fine.png": OLD, "zz-fine.png": OLD });
    const run = await runEntry(ENTRY, data, { set: { uploadsPath } });
    expect(run).toMatchObject({ status: "failed", exitCode: 1, result: { deletedCount: 2 } });
    expect(run.result.failures).toHaveLength(bad.length);
    expect(run.error).toContain(`names no file below ${uploadsPath}; it was left alone`);
    expect(run.error).toContain(
      `door/secret): leads out of ${uploadsPath}, to ${outside}; it was left alone`.replace("door/secret): ", ""),
    );
    expect(run.error).toContain(`${join(uploadsPath, "link")} is a symbolic link; it was left alone`);
    expect(await names(data)).toEqual(bad.toSorted());
    expect(existsSync(join(outside, "secret"))).toBe(true);
    expect(await runEntry(ENTRY, data, { set: { uploadsPath, minSuccess: 0 } })).toMatchObject({ status: "succeeded" });
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const data = await database(dialect);
    const uploadsPath = folder();
    await upload(data, uploadsPath, Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, OLD])));
    const cancelled = await cancelAt("wait:10", ENTRY, data, { set: { uploadsPath, batchSize: 5 } });
    const left = (await names(data)).length;
    expect(isHalfWay(left, 100)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { deletedCount: 100 - left } });
    expect(await runEntry(ENTRY, data, { set: { uploadsPath } })).toMatchObject({ result: { deletedCount: left, missingCount: 0 } });
  });

  it("refuses a folder that is not there: every file would seem to be missing", async () => {
    const data = await database(dialect);
    await upload(data, "", { "a.png": OLD }, false);
    expect(await runEntry(ENTRY, data, { set: { uploadsPath: "/no/such/folder" } })).toMatchObject({
      status: "failed",
      exitCode: 78,
      error: "there is no folder /no/such/folder; is the path right, and its disk mounted?",
    });
    expect(await names(data)).toEqual(["a.png"]);
  });
});

it.each([
  ["b.png", ["b.png"]],
  ["/uploads/a/b%20c.png", ["/uploads/a/b%20c.png", "uploads/a/b c.png", "a/b c.png", "b c.png"]],
  ["https://x.example/b.png?v=1", ["b.png", "b.png?v=1"]],
  ["%zz/b.png", ["b.png"]],
])("an address %s names %j", (url, expected) => {
  expect(namesIn(url)).toEqual(expect.arrayContaining(expected));
});

async function upload({ db }: TestDatabase, path: string, files: Record<string, string>, write = true): Promise<void> {
  for (const [filename, created_at] of Object.entries(files)) {
    if (write) mkdirSync(dirname(join(path, filename)), { recursive: true });
    if (write) writeFileSync(join(path, filename), "x");
    await db
      .insertInto("uploads")
      .values({ id: `id-${filename}`, filename, created_at })
      .execute();
  }
}

async function names({ db }: TestDatabase): Promise<string[]> {
  const rows = await db.selectFrom("uploads").select("filename").execute();
  return rows.map(({ filename }) => filename).toSorted();
}
