import { DAY, formatDuration, formatSize, MINUTE, type Use, utcDay } from "jobctl";

export type Status = "ok" | "degraded" | "down";

/** What a check found, and the words for it. A check that throws is down. */
export interface Verdict {
  status: Status;
  detail: string;
}

/** What a check may use. */
export interface ProbeContext {
  folder: string;
  now: Date;
  /** Ends with the run, and with the check's own time. */
  signal: AbortSignal;
  /** Asks the application's database for nothing. */
  ask(): Promise<void>;
}

export function fill({ usedPercent, free }: Use, { degradedAt, downAt }: { degradedAt: number; downAt: number }): Verdict {
  const detail = `${usedPercent}% used, ${formatSize(free)} free`;
  return { status: usedPercent >= downAt ? "down" : usedPercent >= degradedAt ? "degraded" : "ok", detail };
}

/** For what ends one day. */
export function timeLeft(end: Date, now: Date, { degradedWithin, downWithin }: { degradedWithin: number; downWithin: number }): Verdict {
  const left = end.getTime() - now.getTime();
  const day = utcDay(end);
  if (left <= 0) return { status: "down", detail: `it ended on ${day}` };
  const days = Math.floor(left / DAY);
  const detail = `it ends on ${day}, in ${days === 0 ? formatDuration(Math.ceil(left / MINUTE) * MINUTE) : `${days} days`}`;
  return { status: left < downWithin ? "down" : left < degradedWithin ? "degraded" : "ok", detail };
}
