import type { Kind, Period } from "./period.ts";

const KIND_NAMES: Record<Kind, { title: string; before: string }> = {
  daily: { title: "Daily activity report", before: "the day before" },
  weekly: { title: "Weekly activity report", before: "the week before" },
  monthly: { title: "Monthly activity report", before: "the month before" },
};

export const kindName = (kind: Kind): string => KIND_NAMES[kind].title;

/** `Saturday, 21 November 2026`, `15 – 21 November 2026`, `October 2026`. */
export function periodName(kind: Kind, { start, end }: Period): string {
  if (kind === "monthly") return format({ month: "long", year: "numeric" }).format(start);
  if (kind === "daily") return format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(start);
  return format({ day: "numeric", month: "long", year: "numeric" }).formatRange(start, new Date(end.getTime() - 1));
}

/** `22 November 2026 at 01:00 UTC` */
export function moment(instant: string): string {
  return `${format({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(new Date(instant))} UTC`;
}

/** `Sat 21`, for a day as text. */
export function shortDay(day: string, kind: Kind): string {
  return kind === "weekly" ? format({ weekday: "short", day: "numeric" }).format(new Date(day)) : String(Number(day.slice(8)));
}

export function longDay(day: string): string {
  return format({ weekday: "short", day: "numeric", month: "short" }).format(new Date(day));
}

/** `14:00–15:00` */
export function hourName(hour: number): string {
  return [hour, hour + 1].map((each) => `${String(each).padStart(2, "0")}:00`).join("–");
}

export function amount(value: number): string {
  return new Intl.NumberFormat("en").format(value);
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${amount(value)} ${value === 1 ? one : many}`;
}

/** How a number differs from that of the period before. */
export function change(value: number, before: number, kind: Kind): string {
  const { before: then } = KIND_NAMES[kind];
  if (value === before) return `as ${then}`;
  if (before === 0) return `none ${then}`;
  const percent = Math.round((Math.abs(value - before) / before) * 100);
  return `${percent === 0 ? "a little" : `${amount(percent)}%`} ${value > before ? "more" : "less"} than ${then}`;
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
}
