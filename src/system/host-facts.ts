import { readFileSync, statfsSync } from "node:fs";
import { readSmallFile } from "./small-file.ts";
import { ownUser, type User } from "./users.ts";

/** The one-minute load average divided by the machine's cores: it is the machine's too, however few of them this process may use. */
export function loadPerCore(): number {
  const { cpus, availableParallelism } = process.getBuiltinModule("node:os");
  return Number(readSmallFile("/proc/loadavg").split(" ")[0]) / (cpus().length || availableParallelism());
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
  const { spawnSync } = process.getBuiltinModule("node:child_process"); // 4 ms that few starts need
  // For a group that nobody knows it prints the number, and fails.
  const groups = spawnSync("id", ["-Gn"], { encoding: "utf8" }).stdout.trim().split(/\s+/);
  const { name, uid } = ownUser(process.geteuid?.() ?? 0);
  return { names: [`user:${name}`, ...groups.map((group) => `group:${group}`)], isRoot: uid === 0 };
}

/** Another user of this host, asked of getent(1), which knows every name service; undefined where there is none. */
export function findUser(name: string): User | undefined {
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  try {
    const [user, , uid, gid, , home] = execFileSync("getent", ["passwd", name], { encoding: "utf8" }).trim().split(":");
    return user === undefined || home === undefined ? undefined : { name: user, home, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}

/** The machine's name, as gethostname(2) tells it. */
export function hostname(): string {
  return readSmallFile("/proc/sys/kernel/hostname").trim();
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
