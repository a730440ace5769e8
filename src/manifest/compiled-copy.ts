import { closeSync, constants, fstatSync, openSync, readSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { JobctlError } from "../errors.ts";
import type { JobVariants, Manifest } from "../job.ts";
import { isPrivateFolder } from "../system/cache-directory.ts";
import { makeFolder } from "../system/make-folder.ts";
import { lazyRecord } from "./lazy-record.ts";
import { quickHash } from "./quick-hash.ts";

/** Where a copy is kept, of which manifest, by which program. */
export interface CopyAddress {
  cacheDir: string;
  /** Effective user id: a folder or copy of anybody else is not used. */
  uid: number;
  manifestPath: string;
  programVersion: string;
}

/** Every file that was read and every folder that was searched, with its state at that time. */
export type Inputs = Record<string, string>;

interface Header {
  programVersion: string;
  manifestPath: string;
  inputs: Inputs;
  /** Bytes that follow it: of the jobs' index, then JSON of all but the jobs, then of each job, with commas between them. */
  index: number;
  rest: number;
}

const YOUNG = 2000;
const OTHERS_WRITE = 0o022;

/**
 * The manifest that was compiled before, or undefined when there is none or when anything differs: it is never stale. With `job`, only what
 * concerns that one is read, so that a start costs the same however many there are; another is read when it is asked for.
 */
export function readCopy(address: CopyAddress, job?: string): Manifest | undefined {
  try {
    if (!isPrivateFolder(address.cacheDir, address.uid)) return undefined;
    const copy = openOwned(copyPath(address), address.uid);
    let manifest: Manifest | undefined;
    try {
      manifest = manifestOf(copy, address, job);
      return manifest;
    } finally {
      // Another job is read from this very file: what is at its path may be another copy by then.
      if (!manifest || job === undefined) closeSync(copy.fd);
    }
  } catch {
    return undefined;
  }
}

/** A copy is written twice over: comparing the two finds damage at once, where a hash would cost as much as the rest of the start. */
interface Copy {
  path: string;
  fd: number;
  /** Bytes of each of the two. */
  size: number;
}

function read({ path, fd, size }: Copy, from: number, to: number): Buffer {
  const length = to - from;
  const both = Buffer.allocUnsafeSlow(2 * length);
  const count = readSync(fd, both, 0, length, from) + readSync(fd, both, length, length, size + from);
  if (count !== both.length || both.compare(both, length, undefined, 0, length) !== 0)
    throw new JobctlError("unavailable", `${path} is damaged: remove it, it will be made anew`);
  return both.subarray(0, length);
}

/** A line for each job: its name as JSON, which holds no line end, and where it stands among the jobs. Without an object for each, a start costs the same. */
const indexLine = (name: string, from: number, to: number): string => `${JSON.stringify(name)} ${from} ${to}\n`;

/** So much is read at first: of most manifests all but the jobs. */
const FRONT = 8192;

function manifestOf(copy: Copy, address: CopyAddress, wanted: string | undefined): Manifest | undefined {
  let front = read(copy, 0, wanted === undefined ? copy.size : Math.min(FRONT, copy.size));
  if (!front.includes(10)) front = read(copy, 0, copy.size);
  const end = front.indexOf(10) + 1;
  const header = JSON.parse(front.toString("utf8", 0, end)) as Header;
  if (!isCurrent(header, address)) return undefined;
  const jobsAt = end + header.index + header.rest;
  if (front.length < jobsAt) front = read(copy, 0, jobsAt);
  const lines = front.subarray(end, end + header.index);
  const others = JSON.parse(front.toString("utf8", end + header.index, jobsAt)) as Omit<Manifest, "jobs">;

  const textOf = (from: number, to: number): string =>
    jobsAt + to <= front.length ? front.toString("utf8", jobsAt + from, jobsAt + to) : read(copy, jobsAt + from, jobsAt + to).toString();
  const one = (name: string): JobVariants | undefined => {
    const start = `\n${JSON.stringify(name)} `;
    const at = lines.indexOf(start);
    if (at < 0) return undefined;
    const places = at + Buffer.byteLength(start);
    const [from = 0, to = 0] = lines.toString("latin1", places, lines.indexOf(10, places)).split(" ").map(Number);
    return JSON.parse(textOf(from, to)) as JobVariants;
  };
  const all = (): [string, JobVariants][] => {
    const names = lines.toString().split("\n").slice(1, -1);
    const values = JSON.parse(`[${textOf(0, copy.size - jobsAt)}]`) as JobVariants[];
    return names.map((line, position) => [JSON.parse(line.slice(0, line.lastIndexOf('"') + 1)), values[position] as JobVariants]);
  };
  const jobs = lazyRecord({ one, all });
  // While the YAML can still be read in its place.
  if (wanted !== undefined) void jobs[wanted];
  return { ...others, jobs };
}

function copyPath({ cacheDir, manifestPath }: CopyAddress): string {
  return `${cacheDir}/manifest-${quickHash(Buffer.from(manifestPath))}`;
}

function openOwned(path: string, uid: number): Copy {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = fstatSync(fd);
  if (stats.isFile() && stats.uid === uid && (stats.mode & OTHERS_WRITE) === 0 && stats.size % 2 === 0)
    return { path, fd, size: stats.size / 2 };
  closeSync(fd);
  throw new Error("not our own copy");
}

function isCurrent(header: Header, { programVersion, manifestPath }: CopyAddress): boolean {
  if (header.programVersion !== programVersion || header.manifestPath !== manifestPath) return false;
  return Object.entries(header.inputs).every(([path, state]) => stateOf(path) === state);
}

/** Device, inode, size, mtime and ctime in nanoseconds; the empty text for what is not there. */
export function stateOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}` : "";
}

/**
 * Keeps the manifest for the next starts; failing to is no failure. A file changed twice within one tick of the file
 * system's clock looks the same twice, so nothing is written while an input is younger than 2 s.
 */
export function writeCopy(address: CopyAddress, { inputs, manifest, now }: { inputs: Inputs; manifest: Manifest; now: number }): void {
  if (Object.values(inputs).some((state) => isYoung(state, now))) return;
  try {
    makeFolder(address.cacheDir, 0o700);
    if (isPrivateFolder(address.cacheDir, address.uid)) replaceFile(copyPath(address), copyOf({ ...address, inputs, manifest }));
  } catch {
    // The copy only saves time.
  }
}

function copyOf({
  programVersion,
  manifestPath,
  inputs,
  manifest: { jobs, ...others },
}: CopyAddress & { inputs: Inputs; manifest: Manifest }): string {
  const rest = JSON.stringify(others);
  const texts: string[] = [];
  let [index, at] = ["\n", 0];
  for (const [name, job] of Object.entries(jobs)) {
    const text = JSON.stringify(job);
    const end = at + Buffer.byteLength(text);
    texts.push(text);
    index += indexLine(name, at, end);
    at = end + 1; // the comma
  }
  const header: Header = { programVersion, manifestPath, inputs, index: Buffer.byteLength(index), rest: Buffer.byteLength(rest) };
  return `${JSON.stringify(header)}\n${index}${rest}${texts.join()}`.repeat(2);
}

function isYoung(state: string, now: number): boolean {
  const [, , , modified = 0, changed = 0] = state.split(":").map(Number);
  return Math.max(modified, changed) / 1e6 > now - YOUNG;
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}
