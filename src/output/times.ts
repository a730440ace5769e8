import { utcTime } from "../utc-time.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `340ms`, `5.2s`, `1m 05s`, `2h 05m`, `3d 04h`. */
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / SECOND).toFixed(1)}s`;
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${twoDigits((whole % MINUTE) / SECOND)}s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h ${twoDigits((whole % HOUR) / MINUTE)}m`;
  return `${Math.floor(whole / DAY)}d ${twoDigits((whole % DAY) / HOUR)}h`;
}

/** `12s ago`, `3h ago`, `5d ago`; `in 3h` for what is still to come. */
export function formatAge(instant: number, now: number): string {
  const ms = Math.abs(now - instant);
  const text =
    ms < MINUTE ? count(ms, SECOND, "s") : ms < HOUR ? count(ms, MINUTE, "m") : ms < 2 * DAY ? count(ms, HOUR, "h") : count(ms, DAY, "d");
  return instant > now ? `in ${text}` : `${text} ago`;
}

export interface TimeStyle {
  /** An IANA zone name. */
  zone: string;
  /** `11-22 03:00` instead of `2026-11-22 03:00:00`. */
  short?: boolean;
  /** Whether the zone's name follows, as it is at that instant. */
  withZone?: boolean;
}

/** The local time of a zone: `2026-11-22 03:00:00 CET`. */
export function formatTime(instant: number, { zone, short = false, withZone = true }: TimeStyle): string {
  const { year, month, day, hour, minute, second, timeZoneName } = partsOf(instant, zone);
  const text = short ? `${month}-${day} ${hour}:${minute}` : `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  return withZone ? `${text} ${timeZoneName}` : text;
}

/** The short name of a zone at an instant: CET or CEST. */
export const zoneName = (instant: number, zone: string): string => (zone === "UTC" ? zone : (partsOf(instant, zone).timeZoneName ?? zone));

type TimeParts = Partial<Record<Intl.DateTimeFormatPartTypes, string>>;

function partsOf(instant: number, zone: string): TimeParts {
  if (zone === "UTC") return utcParts(instant);
  return Object.fromEntries(
    formatter(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
}

/** Without Intl, whose first formatter costs a sixth of a start. */
function utcParts(instant: number): TimeParts {
  const [date = "", time = ""] = utcTime(instant).split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  const [hour = "", minute = "", second = ""] = time.slice(0, 8).split(":");
  return { year, month, day, hour, minute, second, timeZoneName: "UTC" };
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one costs a millisecond, so each zone has one. British English knows CET, where American says GMT+1. */
function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  formatters.set(zone, made);
  return made;
}

const twoDigits = (amount: number): string => String(Math.floor(amount)).padStart(2, "0");

const count = (ms: number, unit: number, name: string): string => `${Math.floor(ms / unit)}${name}`;
