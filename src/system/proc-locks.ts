import { readdirSync, readFileSync, statSync } from "node:fs";

/**
 * Whether files are locked, asked without touching a lock: a probe that takes a lock for an instant would make a real
 * run skip. Reads the kernel's list once.
 */
export function lockedFiles(): (path: string) => boolean {
  const locked = parseLocks(readFileSync("/proc/locks", "latin1"));
  return (path) => {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found !== undefined && locked.has(lockId(found));
  };
}

/**
 * The files that open-file-description locks are held on, as `major:minor:inode` (proc(5), /proc/locks: major and minor in
 * hexadecimal). Who waits for a lock is listed too, with an arrow, and holds nothing.
 */
export function parseLocks(text: string): Set<string> {
  return new Set([...text.matchAll(/^\d+: OFDLCK\s+\S+\s+\S+\s+\S+\s+([0-9a-f]+:[0-9a-f]+:\d+) /gm)].map(([, id]) => id as string));
}

/**
 * The processes that have these files open with a lock on them (proc(5), /proc/PID/fdinfo: `lock:` lines), by path. Those of
 * other users are seen by root alone.
 */
export function lockHolders(paths: readonly string[]): Map<string, { pid: number; command: string }[]> {
  const wanted = new Map(
    paths.flatMap((path) => {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      return found === undefined ? [] : [[lockId(found), path] as const];
    }),
  );
  const holders = new Map<string, { pid: number; command: string }[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const id of new Set(locksOf(pid))) {
      const path = wanted.get(id);
      if (path !== undefined) holders.set(path, [...(holders.get(path) ?? []), { pid: Number(pid), command: commandOf(pid) }]);
    }
  }
  return holders;
}

function locksOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) =>
      [...readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1").matchAll(FDINFO_LOCK)].map(([, id]) => id as string),
    );
  } catch {
    return []; // it has ended, or belongs to somebody else
  }
}

const FDINFO_LOCK = /^lock:\s+\d+: OFDLCK\s+\S+\s+\S+\s+\S+\s+([0-9a-f]+:[0-9a-f]+:\d+) /gm;

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Device numbers are split as makedev(3) joins them. */
export function lockId({ dev, ino }: { dev: bigint; ino: bigint }): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return `${hex(major)}:${hex(minor)}:${ino}`;
}

const hex = (number: bigint): string => number.toString(16).padStart(2, "0");
