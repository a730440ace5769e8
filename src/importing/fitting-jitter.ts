import { shortestPeriod } from "../schedule/occurrences.ts";
import { scheduleFromText } from "../schedule/parse-schedule.ts";

/** The jitter, in milliseconds, for a random delay: a manifest's is shorter than the time between two runs, where systemd and cronie take any. */
export function fittingJitter(delay: number, expression: string, setting: string): { jitter: number; notes: string[] } {
  const parsed = scheduleFromText(expression, "UTC");
  const most = parsed.ok ? shortestPeriod(parsed.schedule) - 1000 : 0;
  if (delay <= most) return { jitter: delay, notes: [] };
  return { jitter: most, notes: [`${setting} reaches the next start: a jitter is shorter than the time between two runs`] };
}
