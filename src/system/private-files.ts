import { closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoCode } from "../errors.ts";
import { writeAll } from "./write-all.ts";

/** Opens a file of ours (0600, never through a symlink) for reading and writing, making it and its folders (0700) where they are missing. Throws system errors. */
export function openPrivate(path: string, how: "existing-or-new" | "new"): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | (how === "new" ? constants.O_EXCL : 0);
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if (errnoCode(error) !== "ENOENT") throw error;
    makePrivateFolder(dirname(path));
    return openSync(path, flags, 0o600);
  }
}

/** Puts a file of ours in its place whole, and on disk before it returns. Throws system errors. */
export function replacePrivate(path: string, text: string): void {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
  rmSync(draft, { force: true });
  const fd = openPrivate(draft, "new");
  try {
    const problem = writeAll(fd, text);
    if (problem) throw problem as Error;
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
}

/** `mkdirSync` with `recursive` says ENOENT where the file system is read-only, so the parents are made one by one. */
function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = errnoCode(error);
    if (code === "EEXIST") return;
    if (code !== "ENOENT") throw error;
    makePrivateFolder(dirname(path));
    makePrivateFolder(path);
  }
}
