import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, statSync, type Stats } from "node:fs";
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
  const problem = distrust(path, stats) ?? distrustOnTheWay(path);
  if (problem) throw new JobctlError("config", `${problem}; as root jobctl reads only what root alone can change`);
}

/** The same for a folder that is written to; what is not there yet root will make. */
export function assertTrustedFolder(path: string): void {
  const problem = distrustOnTheWay(path);
  if (problem === undefined) return;
  throw new JobctlError(
    "config",
    `${problem}; as root jobctl writes only where root alone can: call it as the folder's owner (sudo -u), or set another stateDir`,
  );
}

function distrustOnTheWay(path: string): string | undefined {
  try {
    statSync(path, { throwIfNoEntry: false }); // which finds the links that lead in a circle
    return distrustedEntry("/", lstatSync("/")) ?? firstDistrusted(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return `${path}: its owner is not known: ${reasonOf(error)}`;
  }
}

/**
 * Goes an absolute path as the kernel does (path_resolution(7)), since whoever owns a link, or the folder it is in, decides where it leads.
 * Without node:path, which looks at each character until V8 takes that for worth compiling: a hundredth of a start.
 */
function firstDistrusted(path: string): string | undefined {
  let folder = "";
  const names = path.split("/");
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "..") folder = folder.slice(0, folder.lastIndexOf("/"));
    if (name === "" || name === "." || name === "..") continue;
    const here = `${folder}/${name}`;
    const stats = lstatSync(here, { throwIfNoEntry: false });
    if (!stats) return undefined;
    const problem = distrustedEntry(here, stats);
    if (problem) return problem;
    if (stats.isSymbolicLink()) {
      const target = readlinkSync(here);
      names.unshift(...target.split("/"));
      if (target.startsWith("/")) folder = "";
    } else folder = here;
  }
  return undefined;
}

/** A link's mode says nothing, and in a sticky folder each entry is its owner's alone. */
function distrustedEntry(path: string, stats: Stats): string | undefined {
  const isKept = stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0);
  return distrust(path, { uid: stats.uid, mode: isKept ? 0 : stats.mode });
}

/** Why a file or folder can't be trusted by root, or undefined. */
export function distrust(path: string, { uid, mode }: Pick<Stats, "uid" | "mode">): string | undefined {
  if (uid !== 0) return `${path}: belongs to user ${uid}, not to root (chown root ${path})`;
  if ((mode & OTHERS_WRITE) !== 0) return `${path}: can be written by others than root (chmod go-w ${path})`;
  return undefined;
}
