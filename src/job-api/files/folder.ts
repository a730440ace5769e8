import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { errnoCode, JobctlError } from "../../errors.ts";
import { type Archive, type ArchiveFacts, checkArchive, createArchive, readArchive, syncFile } from "./archive.ts";
import { sha256Of } from "./sha256.ts";

/** A folder whose files a job may touch: those below it, and no other, whatever a name says. */
export interface Folder {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** The names of the plain files directly in it, sorted. */
  names(): string[];
  /** The absolute path of a file below the folder. Throws where the name leads out of it: by `..`, as an absolute path, or over a symbolic link. */
  locate(name: string): string;
  /** The size in bytes, null where there is no such file. Throws as `locate` does. */
  size(name: string): number | null;
  /** Deletes a file; false where there is none. Throws as `locate` does, and where it can't be deleted. */
  remove(name: string): boolean;
  /** Gives a finished file its name, in a way that a power cut does not undo. */
  keep(unfinished: string, name: string): void;
  sha256(name: string): Promise<string>;
  /** Begins a gzip file of JSON lines under a name that nobody has. */
  createArchive(name: string): Archive;
  /** Throws where the file is not what was recorded of it. */
  checkArchive(name: string, recorded: ArchiveFacts): Promise<void>;
  readArchive<Row = Record<string, unknown>>(name: string): AsyncGenerator<Row, void>;
}

/** Opens a folder. Throws JobctlError (config) where there is none, unless it may be created: in a dry run it is empty then. */
export function openFolder(path: string, { create = false, dryRun = false } = {}): Folder {
  if (create && !dryRun) mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory() && (found || !create)) {
    throw new JobctlError("config", `there is no folder ${path}; is the path right, and its disk mounted?`);
  }
  const root = found ? realpathSync(path) : path;
  const locate = (name: string): string => atParent(root, name, () => join(root, name)) ?? join(root, name);
  return {
    path: root,
    names: () => (found ? plainFiles(root) : []),
    locate,
    size: (name) => atParent(root, name, (file) => lstatSync(file, { throwIfNoEntry: false })?.size ?? null) ?? null,
    remove: (name) => atParent(root, name, unlink) ?? false,
    keep: (unfinished, name) => rename(root, locate(unfinished), locate(name)),
    sha256: async (name) => sha256Of(locate(name)),
    createArchive: (name) => createArchive(locate(name)),
    checkArchive: async (name, recorded) => checkArchive(locate(name), recorded),
    readArchive: (name) => readArchive(locate(name)) as never,
  };
}

function plainFiles(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();
}

/**
 * Works on the file by way of its opened parent folder, so that nobody can put a link in its place between the check
 * and the deed. Undefined where the parent does not exist.
 */
function atParent<Value>(root: string, name: string, work: (path: string) => Value): Value | undefined {
  refuseWayOut(root, name);
  const parent = openIfThere(dirname(join(root, name)));
  if (parent === undefined) return undefined;
  try {
    const real = readlinkSync(`/proc/self/fd/${parent}`);
    if (real !== root && !real.startsWith(root + sep))
      throw new JobctlError("failed", `leads out of ${root}, to ${real}; it was left alone`);
    const file = `/proc/self/fd/${parent}/${basename(name)}`;
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new JobctlError("failed", `${join(root, name)} is a symbolic link; it was left alone`);
    }
    return work(file);
  } finally {
    closeSync(parent);
  }
}

function refuseWayOut(root: string, name: string): void {
  const parts = name.split("/");
  const inside =
    name !== "" && !isAbsolute(name) && !name.includes("\0") && parts.every((part) => part !== ".." && part !== "." && part !== "");
  if (!inside) throw new JobctlError("failed", `${JSON.stringify(name)} names no file below ${root}; it was left alone`);
}

function openIfThere(folder: string): number | undefined {
  try {
    return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    throw new JobctlError("failed", `${folder} can't be opened: ${errnoCode(error)}`, error);
  }
}

function unlink(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return false;
    throw new JobctlError("failed", `can't be deleted: ${errnoCode(error)}`);
  }
}

function rename(root: string, from: string, to: string): void {
  syncFile(from);
  renameSync(from, to);
  syncFile(root);
}
