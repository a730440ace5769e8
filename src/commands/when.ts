import { JobctlError } from "../errors.ts";

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

interface WhenOptions {
  option: string;
  now: number;
  zone: string;
  /** Where `2h` leads: so long ago, or in so long. */
  ahead?: boolean;
}

/** `2h`, `2026-11-22` or `2026-11-22T03:00` (in the zone), or an instant with its offset, as milliseconds since the epoch. */
export function parseWhen(text: string, { option, now, zone, ahead = false }: WhenOptions): number {
  const age = /^(\d{1,9})([smhdw])$/.exec(text);
  if (age) return now + (ahead ? 1 : -1) * Number(age[1]) * (UNITS[age[2] as string] as number);
  const instant = ISO.test(text) ? instantOf(text, zone) : Number.NaN;
  if (!Number.isNaN(instant)) return instant;
  throw new JobctlError(
    "usage",
    `${option}: "${text}" is no time; use ${ahead ? "a duration" : "an age"} (90s, 15m, 2h, 7d, 4w), a date (2026-11-22), or an instant (2026-11-22T03:00:00Z; without Z in ${zone})`,
  );
}

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A local time is taken as UTC, and then corrected by the zone's distance at about that instant; twice, for the days when it changes. */
function instantOf(text: string, zone: string): number {
  if (/(Z|[+-]\d\d:\d\d)$/.test(text.slice(10))) return Date.parse(text);
  const local = Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`);
  const first = local - distance(local, zone);
  return local - distance(first, zone);
}

/** How far a zone's clock is ahead of UTC. */
function distance(instant: number, zone: string): number {
  if (Number.isNaN(instant)) return instant;
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(instant);
  return Date.parse(`${parts.replace(" ", "T")}Z`) - Math.floor(instant / 1000) * 1000;
}
