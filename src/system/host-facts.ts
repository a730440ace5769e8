import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, hostname, userInfo } from "node:os";

/** The one-minute load average divided by the cores that this process may use. */
export function loadPerCore(): number {
  return Number(readFileSync("/proc/loadavg", "latin1").split(" ")[0]) / availableParallelism();
}

/** Bytes that an unprivileged user may still write at each path's file system. */
export function freeBytes(paths: readonly string[]): { path: string; bytes: number }[] {
  return paths.map((path) => {
    const { bavail, bsize } = statfsSync(path);
    return { path, bytes: bavail * bsize };
  });
}

/** The calling user and its groups as `user:NAME`, `group:NAME`; asked of id(1), which knows every name service. */
export function callerNames(): { names: string[]; isRoot: boolean } {
  const groups = outputOf("id", ["-Gn"]).trim().split(/\s+/);
  const { username, uid } = userInfo();
  return { names: [`user:${username}`, ...groups.map((group) => `group:${group}`)], isRoot: uid === 0 };
}

export interface User {
  name: string;
  home: string;
  uid: number;
  gid: number;
}

/** Another user of this host, asked of getent(1), which knows every name service; undefined where there is none. */
export function findUser(name: string): User | undefined {
  try {
    const [user, , uid, gid, , home] = outputOf("getent", ["passwd", name]).trim().split(":");
    return user === undefined || home === undefined ? undefined : { name: user, home, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}

/** node:child_process costs 4 ms, which most starts need not pay here. Throws where the tool fails. */
function outputOf(tool: string, args: readonly string[]): string {
  return process.getBuiltinModule("node:child_process").execFileSync(tool, args, { encoding: "utf8" });
}

/** `HH:MM` in a zone. */
export function timeOfDay(now: number, timezone: string): string {
  if (timezone === "UTC") return new Date(now).toISOString().slice(11, 16);
  return new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(now);
}

/** A number from 0 to below 1 that is the same at every call for this machine and name (FNV-1a over machine-id(5) and the name). */
export function fixedShare(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(machineId() + name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

function machineId(): string {
  try {
    return readFileSync("/etc/machine-id", "latin1").trim();
  } catch {
    return hostname();
  }
}
