import { ago, DAY, utcDay } from "jobctl";

export const KINDS = ["daily", "weekly", "monthly"] as const;
export type Kind = (typeof KINDS)[number];

/** start <= instant < end, whole days of UTC. */
export interface Period {
  start: Date;
  end: Date;
}

/** The last whole day, week (from Sunday) or month that was over at an instant. */
export function periodBefore(kind: Kind, instant: Date): Period {
  const end = beginOf(kind, instant);
  return { start: beginOf(kind, new Date(end.getTime() - 1)), end };
}

function beginOf(kind: Kind, instant: Date): Date {
  const [year, month, date] = [instant.getUTCFullYear(), instant.getUTCMonth(), instant.getUTCDate()];
  if (kind === "monthly") return new Date(Date.UTC(year, month, 1));
  return new Date(Date.UTC(year, month, kind === "weekly" ? date - instant.getUTCDay() : date));
}

/** `daily-2026-11-21`, `weekly-2026-11-15` (its first day), `monthly-2026-10`. */
export function fileName(kind: Kind, { start }: Period): string {
  return `${kind}-${start.toISOString().slice(0, kind === "monthly" ? 7 : 10)}`;
}

/** Every day of the period, `2026-11-21`. */
export function daysOf({ start, end }: Period): string[] {
  const amount = Math.round((end.getTime() - start.getTime()) / DAY);
  return Array.from({ length: amount }, (_, index) => utcDay(ago(start, -index * DAY)));
}
