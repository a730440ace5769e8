import type { Transition } from "./tzif.ts";
import type { Zone } from "./zone.ts";
import { indexAt, transitionsUntil } from "./zone-clock.ts";

/** Zones' laws are only looked at from here on where the question is how two clocks differ. */
const RECENT = Date.UTC(2000, 0, 1);
/** Zone files' tables end before; from then on each year is like the other. */
const RULED = Date.UTC(2100, 0, 1);

/** The different offsets that a zone has had since 2000 and will have. */
export function offsetsSince(zone: Zone): number[] {
  const transitions = transitionsUntil(zone, RULED);
  return [...new Set(transitions.slice(indexAt(transitions, RECENT)).map(({ offset }) => offset))];
}

/** Whether the zone's clock has changed since 2000, or will. */
export function changesClock(zone: Zone): boolean {
  return offsetsSince(zone).length > 1;
}

/** Whether two zones' clocks always show the same since 1970. */
export function isSameClock(a: Zone, b: Zone): boolean {
  if (a === b || a.name === b.name) return true;
  const [ours, theirs] = [since1970(a), since1970(b)];
  return (
    ours.length === theirs.length && ours.every(({ at, offset }, index) => at === theirs[index]?.at && offset === theirs[index].offset)
  );
}

function since1970(zone: Zone): Pick<Transition, "at" | "offset">[] {
  const transitions = transitionsUntil(zone, RULED);
  return transitions.slice(indexAt(transitions, 0)).map(({ at, offset }) => ({ at: Math.max(at, 0), offset }));
}

/** The hours that have been or will be skipped since 2000 where standard time begins, in zones whose winter is daylight saving time. */
export function hoursSkippedByStandardTime(zone: Zone): readonly number[] {
  const hours = skippedHours.get(zone) ?? findSkippedHours(zone);
  skippedHours.set(zone, hours);
  return hours;
}

/** A manifest has many jobs and few zones. */
const skippedHours = new WeakMap<Zone, readonly number[]>();

function findSkippedHours(zone: Zone): number[] {
  const transitions = transitionsUntil(zone, RULED);
  const hours = new Set<number>();
  for (const [index, { at, offset, daylight }] of transitions.entries()) {
    const before = transitions[index - 1];
    if (before === undefined || at < RECENT || daylight || !before.daylight || offset <= before.offset) continue;
    for (let local = at + before.offset; local < at + offset; local += 60_000) hours.add(new Date(local).getUTCHours());
  }
  return [...hours];
}
