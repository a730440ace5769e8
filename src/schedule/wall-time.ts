/**
 * A wall clock time is kept as milliseconds, as if its zone were UTC: so the calendar's arithmetic is that of `Date.UTC`.
 */
export const DAY_MS = 86_400_000;
export const SECOND_MS = 1000;
/** The years of systemd's calendar (systemd.time(7)), and of ours. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2199;

export function monthLength(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `2027-03-28 02:30`, with seconds where they are not 0. */
export function wallText(local: number): string {
  return `${dateText(local)} ${clockText(local)}`;
}

export function dateText(local: number): string {
  return new Date(local).toISOString().slice(0, 10);
}

/** `02:30`, with seconds where they are not 0. */
export function clockText(local: number): string {
  const text = new Date(local).toISOString().slice(11, 19);
  return text.endsWith(":00") ? text.slice(0, 5) : text;
}

/** `Sun 2027-03-28 02:30`. */
export function weekdayText(local: number): string {
  return `${["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][new Date(local).getUTCDay()]} ${wallText(local)}`;
}
