import { HOUR, MINUTE } from "./field-names.ts";
import { anchorOf } from "./occurrences.ts";
import type { IntervalSchedule } from "./schedule.ts";
import { DAY_MS, SECOND_MS } from "./wall-time.ts";

/** Times of the day in UTC: each of the hours with each of the minutes with each of the seconds. */
type GridLine = readonly [hours: readonly number[], minutes: readonly number[], seconds: readonly number[]];

export interface Grid {
  lines: readonly GridLine[];
  wakesMore: boolean;
  lateBy?: number;
}

const DAY_SECONDS = DAY_MS / SECOND_MS;
/** More lines than this are no timer that a person can read. */
const MOST_LINES = 60;
const known = new Map<string, readonly GridLine[]>();

/**
 * The times of day at which a timer wakes for an interval. One that divides a day is said exactly; else the timer wakes at
 * the greatest common divisor of the interval and a day, or every minute where that is below a minute.
 */
export function gridLines(schedule: IntervalSchedule): Grid {
  const every = schedule.every / SECOND_MS;
  const step = commonDivisor(every, DAY_SECONDS);
  const phase = Math.floor(anchorOf(schedule) / SECOND_MS) % step;
  if (step < 60 && step < every) return everyMinute();
  const lines = knownLines(step, phase);
  return lines.length > MOST_LINES ? everyMinute() : { lines, wakesMore: step < every };
}

function everyMinute(): Grid {
  return { lines: [[HOUR.all, MINUTE.all, [0]]], wakesMore: true, lateBy: 59 * SECOND_MS };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function knownLines(step: number, phase: number): readonly GridLine[] {
  const key = `${step} ${phase}`;
  const lines = known.get(key) ?? makeLines(step, phase);
  known.set(key, lines);
  return lines;
}

/** Minutes that have the same seconds share a line, and hours that have the same minutes do. */
function makeLines(step: number, phase: number): GridLine[] {
  const lines = new Map<string, readonly [number[], number[], number[]]>();
  for (let hour = 0; hour < 24; hour += 1) {
    for (const [seconds, minutes] of minutesBySeconds(hour, step, phase)) {
      const key = `${minutes.join()} ${seconds}`;
      const line = lines.get(key) ?? [[], minutes, seconds.split(",").map(Number)];
      line[0].push(hour);
      lines.set(key, line);
    }
  }
  return [...lines.values()];
}

function minutesBySeconds(hour: number, step: number, phase: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (let minute = 0; minute < 60; minute += 1) {
    const start = (hour * 60 + minute) * 60;
    const first = (((phase - start) % step) + step) % step;
    const seconds: number[] = [];
    for (let second = first; second < 60; second += step) seconds.push(second);
    if (seconds.length > 0) found.set(seconds.join(), [...(found.get(seconds.join()) ?? []), minute]);
  }
  return found;
}
