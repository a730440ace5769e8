import { readFileSync } from "node:fs";
import { didYouMean } from "../nearest.ts";
import type { Problem } from "./schedule.ts";
import { type Transition, readTzif } from "./tzif.ts";
import { DAY_MS } from "./wall-time.ts";

/** Where the zone files of cron, systemd and the C library are (tzfile(5)). */
const ZONE_FOLDER = "/usr/share/zoneinfo";

/** A time zone: its offset from UTC over time. Everything in milliseconds. */
export interface Zone {
  name: string;
  /** Sorted by `at`; the first begins before all time. */
  transitions: readonly Transition[];
}

export const UTC: Zone = { name: "UTC", transitions: [{ at: Number.NEGATIVE_INFINITY, offset: 0, daylight: false }] };
const known = new Map<string, Zone>([["UTC", UTC]]);

/**
 * Finds `UTC` or an `Area/Location` zone, exactly as written. Reads the machine's own zone file, as cron and systemd do: so
 * what is printed is what they will do, and no ICU is loaded (17 ms).
 */
export function findZone(name: string): Zone | Problem {
  const zone = known.get(name) ?? readZone(name);
  if (zone === undefined) return { problem: zoneProblem(name) };
  known.set(name, zone);
  return zone;
}

function readZone(name: string): Zone | undefined {
  if (!/^[A-Z][A-Za-z]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){1,2}$/.test(name)) return undefined;
  try {
    return { name, transitions: readTzif(readFileSync(`${ZONE_FOLDER}/${name}`)) };
  } catch {
    return undefined;
  }
}

function zoneProblem(name: string): string {
  if (/^(UTC|GMT)?[+-]\d/i.test(name)) return `timezone "${name}" is an offset: allowed are UTC and names like Europe/Berlin`;
  const names = zoneNames();
  if (names.length === 0) return `timezone "${name}" is not known: ${ZONE_FOLDER} is empty (install the package tzdata)`;
  const sameLetters = names.find((each) => each.toLowerCase() === name.toLowerCase());
  const meant = sameLetters === undefined ? didYouMean(name, names) : `; did you mean "${sameLetters}"?`;
  if (meant === "" && /^[A-Z0-9]{3,7}$/.test(name))
    return `timezone "${name}" is an abbreviation: allowed are UTC and names like Europe/Berlin`;
  return `timezone "${name}" is not known: allowed are UTC and names like Europe/Berlin${meant}`;
}

/** The names of this machine's zones, from the table that tzdata brings. */
function zoneNames(): string[] {
  try {
    const table = readFileSync(`${ZONE_FOLDER}/tzdata.zi`, "utf8");
    const names = [...table.matchAll(/^(?:Z|L \S+) ([A-Z]\w*\/\S+)/gm)].map((match) => match[1] ?? "");
    return ["UTC", ...names].toSorted();
  } catch {
    return [];
  }
}

/** The offset from UTC at an instant. */
export function offsetAt({ transitions }: Zone, instant: number): number {
  return transitions[indexAt(transitions, instant)]?.offset ?? 0;
}

/** The index of the last transition at or before an instant. */
export function indexAt(transitions: readonly Transition[], instant: number): number {
  let low = 0;
  let high = transitions.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((transitions[middle]?.at ?? 0) <= instant) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The wall clock's time at an instant. */
export function wallTime(zone: Zone, instant: number): number {
  return instant + offsetAt(zone, instant);
}

/** The first instant at which the wall clock shows this time; undefined where the clock skips it. */
export function instantAt({ transitions }: Zone, local: number): number | undefined {
  for (let index = indexAt(transitions, local - 2 * DAY_MS); index < transitions.length; index += 1) {
    const { at, offset } = transitions[index] ?? { at: 0, offset: 0 };
    if (at > local + 2 * DAY_MS) return undefined;
    const instant = local - offset;
    if (instant >= at && instant < (transitions[index + 1]?.at ?? Number.POSITIVE_INFINITY)) return instant;
  }
  return undefined;
}

/** Zones' laws are only looked at from here on where the question is how two clocks differ. */
const RECENT = Date.UTC(2000, 0, 1);

/** The different offsets that a zone has had since 2000 and will have. */
export function offsetsSince({ transitions }: Zone): number[] {
  return [...new Set(transitions.slice(indexAt(transitions, RECENT)).map(({ offset }) => offset))];
}

/** Whether two zones' clocks always show the same since 1970. */
export function isSameClock(a: Zone, b: Zone): boolean {
  if (a === b || a.name === b.name) return true;
  const [ours, theirs] = [since1970(a), since1970(b)];
  return (
    ours.length === theirs.length && ours.every(({ at, offset }, index) => at === theirs[index]?.at && offset === theirs[index].offset)
  );
}

function since1970({ transitions }: Zone): Pick<Transition, "at" | "offset">[] {
  return transitions.slice(indexAt(transitions, 0)).map(({ at, offset }) => ({ at: Math.max(at, 0), offset }));
}

/** The hours that have been or will be skipped since 2000 where standard time begins, in zones whose winter is daylight saving time. */
export function hoursSkippedByStandardTime({ transitions }: Zone): number[] {
  const hours = new Set<number>();
  for (const [index, { at, offset, daylight }] of transitions.entries()) {
    const before = transitions[index - 1];
    if (before === undefined || at < RECENT || daylight || !before.daylight || offset <= before.offset) continue;
    for (let local = at + before.offset; local < at + offset; local += 60_000) hours.add(new Date(local).getUTCHours());
  }
  return [...hours];
}
