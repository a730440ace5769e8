import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { errnoCode, isJobctlError, JobctlError } from "../errors.ts";

/** In bytes: room for tens of thousands of jobs, and far from what makes a small host swap. */
const LARGEST = 16 * 2 ** 20;
const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

export interface TrustedText {
  bytes: Buffer;
  stats: Stats;
}

/**
 * Reads a regular file. As root only one that root owns and nobody else can change or swap: the opened descriptor and
 * each parent folder are checked, so that no unprivileged user decides what root runs. Throws JobctlError("config").
 */
export function readTrusted(path: string, uid: number): TrustedText {
  try {
    const text = readNamed(path);
    if (uid === 0) assertTrusted(path, text.stats);
    return text;
  } catch (error) {
    if (isJobctlError(error)) throw error;
    throw new JobctlError("config", `${path}: cannot be read: ${reasonOf(error)}`, error);
  }
}

/** Reads a file that somebody names: a regular one, and no more than any text of ours needs. Throws errors that `reasonOf` words. */
export function readNamed(path: string): TrustedText {
  // O_NONBLOCK: a FIFO that nobody writes must not hang the open (open(2)).
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, not a file`);
    return { bytes: readToEnd(fd), stats };
  } finally {
    closeSync(fd);
  }
}

/** What a descriptor holds, which may be stdin. */
export function readToEnd(fd: number): Buffer {
  const chunks: Buffer[] = [];
  for (let size = 0; ;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const count = readSync(fd, chunk);
    if (count === 0) return Buffer.concat(chunks);
    size += count;
    if (size > LARGEST) throw new Error(`it is larger than ${LARGEST / 2 ** 20} MB`);
    chunks.push(chunk.subarray(0, count));
  }
}

export function reasonOf(error: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
    ENOTDIR: "a part of its path is no folder",
    ELOOP: "too many symbolic links",
    ENAMETOOLONG: "the name is too long",
  };
  return reasons[errnoCode(error) ?? ""] ?? (error instanceof Error ? error.message : String(error));
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe" : "a device or socket";
}

/** Throws unless root owns the opened file and every folder above it, and nobody else may write there (sticky folders excepted). */
export function assertTrusted(path: string, stats: Pick<Stats, "uid" | "mode">): void {
  const problem = distrust(path, stats) ?? distrustedParent(path);
  if (problem) throw new JobctlError("config", `${problem}; as root jobctl reads only what root alone can change`);
}

function distrustedParent(path: string): string | undefined {
  for (const folder of parentsOf(path)) {
    const stats = lstatSync(folder);
    if ((stats.mode & STICKY) !== 0 && stats.uid === 0) continue;
    const problem = distrust(folder, stats);
    if (problem) return problem;
  }
  return undefined;
}

/** The folders of the path as written and of where its links lead. */
function parentsOf(path: string): Set<string> {
  const folders = new Set<string>();
  for (let folder of [dirname(path), dirname(realpathSync(path))]) {
    folder = realpathSync(folder);
    while (!folders.has(folder)) {
      folders.add(folder);
      folder = dirname(folder);
    }
  }
  return folders;
}

/** Why a file or folder can't be trusted by root, or undefined. */
export function distrust(path: string, { uid, mode }: Pick<Stats, "uid" | "mode">): string | undefined {
  if (uid !== 0) return `${path}: belongs to user ${uid}, not to root (chown root ${path})`;
  if ((mode & OTHERS_WRITE) !== 0) return `${path}: can be written by others than root (chmod go-w ${path})`;
  return undefined;
}
