import { pino } from "pino";
import type { Logger } from "../../job-api/job-context.ts";
import { writeAll } from "../../system/write-all.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** One line for people per call: `info  purged table=carts rows=12`; warnings and errors on stderr. JOBCTL_LOG_LEVEL=debug shows all. */
export function createLogger(): Logger {
  const asked = LEVELS.find((each) => each === process.env["JOBCTL_LOG_LEVEL"]);
  const lines = pino(
    { level: asked ?? "info", base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
    { write: print },
  );
  const log =
    (level: (typeof LEVELS)[number]): Logger["info"] =>
    (message, fields = {}) =>
      lines[level]({ fields }, message);
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** The stream adds the time of each line to the run's log, so there is none here. */
function print(line: string): void {
  const { level, msg, fields } = JSON.parse(line) as { level: string; msg?: string; fields?: Record<string, unknown> };
  const pairs = Object.entries(fields ?? {}).map(([key, value]) => `${key}=${showValue(value)}`);
  writeAll(level === "warn" || level === "error" ? 2 : 1, `${[level.padEnd(5), msg, ...pairs].join(" ")}\n`);
}

function showValue(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "undefined";
}
