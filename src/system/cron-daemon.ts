import { readdirSync, readFileSync } from "node:fs";

/** Debian's, and that of all others. */
const NAMES = new Set(["cron", "crond"]);

/** Whether a cron runs here; undefined where other users' processes are hidden (proc(5), hidepid). */
export function isCronRunning(): boolean | undefined {
  if (commandName("1") === undefined) return undefined;
  return readdirSync("/proc").some((name) => Number(name) > 0 && NAMES.has(commandName(name) ?? ""));
}

export const NO_CRON = "no cron runs here (no process cron or crond): what is in a crontab waits until one does";

function commandName(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return undefined; // hidden, or over meanwhile
  }
}
