import { existsSync } from "node:fs";
import { join } from "node:path";
import { JobctlError } from "../errors.ts";
import { callTool, callToolWell, type ToolOptions } from "../system/tools.ts";

/** A manager of units: the system's, or the calling user's. */
export interface SystemdManager {
  scope: "system" | "user";
  /** How its tools are called. */
  tools: ToolOptions;
  /** Does it run? */
  isRunning: boolean;
  reload(): Promise<void>;
  /** For the next boot; the manager that runs takes it with the next reload. */
  enable(units: readonly string[]): Promise<void>;
  disable(units: readonly string[]): Promise<void>;
  start(units: readonly string[]): Promise<void>;
  stop(units: readonly string[]): Promise<void>;
  resetFailed(units: readonly string[]): Promise<void>;
  activeTimers(): Promise<Set<string>>;
  /** Of all its timers; instants in milliseconds since the epoch. */
  elapses(): Promise<Map<string, Elapse>>;
}

export interface Elapse {
  next: number | null;
  last: number | null;
}

/** Command lines have a limit; a manifest may have thousands of jobs. */
const AT_ONCE = 500;

export function systemdManager(scope: "system" | "user", { env, uid }: { env: ToolOptions["env"]; uid: number }): SystemdManager {
  // cron and su leave the variable out by which systemctl --user finds its manager, and without which systemd-analyze --user fails.
  const runtime = env["XDG_RUNTIME_DIR"] ?? `/run/user/${uid}`;
  const isRunning = existsSync(scope === "user" ? join(runtime, "systemd/private") : "/run/systemd/system");
  // Without a manager systemctl enables and disables by itself, where it is told that there is none (systemd's ENVIRONMENT.md).
  const offline = isRunning ? {} : { SYSTEMD_OFFLINE: "1" };
  const tools: ToolOptions = { env: { ...env, XDG_RUNTIME_DIR: runtime, ...offline }, hint: "systemd" };
  const who = scope === "user" ? ["--user"] : [];
  const call = async (verb: readonly string[], units: readonly string[]): Promise<void> => {
    for (const some of inParts(units)) await callToolWell("systemctl", [...who, ...verb, "--", ...some], tools);
  };
  return {
    scope,
    tools,
    isRunning,
    reload: async () => void (await callToolWell("systemctl", [...who, "daemon-reload"], tools)),
    // A reload for each call would take a manager of thousands of timers minutes.
    enable: (units) => call(["--quiet", "--no-reload", "enable"], units),
    disable: (units) => call(["--quiet", "--no-reload", "disable"], units),
    start: (units) => call(["start"], units),
    stop: (units) => call(["stop"], units),
    // It fails for units that are not loaded any more, which is what is wanted.
    async resetFailed(units) {
      for (const some of inParts(units)) await callTool("systemctl", [...who, "reset-failed", "--", ...some], tools);
    },
    async activeTimers() {
      const list = ["list-units", "--type=timer", "--state=active", "--plain", "--no-legend", "--full"];
      const text = await callToolWell("systemctl", [...who, ...list], tools);
      return new Set(text.split("\n").map((line) => line.split(" ", 1)[0] ?? ""));
    },
    async elapses() {
      return new Map(readElapses(await callToolWell("systemctl", [...who, "list-timers", "--all", "--output=json"], tools)));
    },
  };
}

/** Throws JobctlError("unavailable") where units can't be started. */
export function assertRuns({ isRunning, scope }: SystemdManager): void {
  if (isRunning) return;
  const what = scope === "user" ? "no systemd of this user runs here (systemctl --user)" : "systemd does not run here";
  throw new JobctlError(
    "unavailable",
    `${what}; use --target crontab, write the files only with --output DIR, or install them for the next start with --no-enable`,
  );
}

function inParts(units: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(units.length / AT_ONCE) }, (_, part) => units.slice(part * AT_ONCE, (part + 1) * AT_ONCE));
}

/** `systemctl list-timers --output=json` gives microseconds, and 0 or null for never. */
function readElapses(text: string): [string, Elapse][] {
  const rows = JSON.parse(text || "[]") as { unit: string; next: number | null; last: number | null }[];
  return rows.map(({ unit, next, last }) => [unit, { next: instant(next), last: instant(last) }]);
}

const instant = (microseconds: number | null): number | null => (microseconds ? Math.floor(microseconds / 1000) : null);
