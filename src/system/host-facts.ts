import { execFileSync } from "node:child_process";
import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, userInfo } from "node:os";

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
  const groups = execFileSync("id", ["-Gn"], { encoding: "utf8" }).trim().split(/\s+/);
  const { username, uid } = userInfo();
  return { names: [`user:${username}`, ...groups.map((group) => `group:${group}`)], isRoot: uid === 0 };
}

/** `HH:MM` in a zone. */
export function timeOfDay(now: number, timezone: string): string {
  if (timezone === "UTC") return new Date(now).toISOString().slice(11, 16);
  return new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(now);
}
