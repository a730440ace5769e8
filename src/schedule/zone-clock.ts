import { ruleTransitions } from "./tz-rule.ts";
import type { Transition } from "./tzif.ts";
import { DAY_MS } from "./wall-time.ts";
import type { Zone } from "./zone.ts";

const unfolded = new WeakMap<Zone, Transition[]>();

/**
 * The changes of a zone's clock up to an instant and some more, sorted; the first begins before all time. What follows the
 * zone file's table is made from its rule as far as it is asked for: a start of `run` needs one year of it, not two hundred.
 */
export function transitionsUntil(zone: Zone, instant: number): readonly Transition[] {
  const { table, rule } = zone;
  if (rule?.daylight === undefined || instant < (table.at(-1)?.at ?? 0)) return table;
  const known = unfolded.get(zone) ?? [...table];
  unfolded.set(zone, known);
  for (let last = known.at(-1)?.at ?? 0; last <= instant; last = known.at(-1)?.at ?? Number.POSITIVE_INFINITY) {
    const year = new Date(Math.max(last, 0)).getUTCFullYear();
    known.push(...[year, year + 1].flatMap((each) => ruleTransitions(rule, each)).filter(({ at }) => at > last));
  }
  return known;
}

/** The offset from UTC at an instant. */
export function offsetAt(zone: Zone, instant: number): number {
  const transitions = transitionsUntil(zone, instant);
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
export function instantAt(zone: Zone, local: number): number | undefined {
  const transitions = transitionsUntil(zone, local + 2 * DAY_MS);
  for (let index = indexAt(transitions, local - 2 * DAY_MS); index < transitions.length; index += 1) {
    const { at, offset } = transitions[index] ?? { at: 0, offset: 0 };
    if (at > local + 2 * DAY_MS) return undefined;
    const instant = local - offset;
    if (instant >= at && instant < (transitions[index + 1]?.at ?? Number.POSITIVE_INFINITY)) return instant;
  }
  return undefined;
}
