import { nextOccurrences } from "../schedule/occurrences.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { weekdayText } from "../schedule/wall-time.ts";
import type { Zone } from "../schedule/zone.ts";
import { wallTime } from "../schedule/zone-clock.ts";
import { isSameClock } from "../schedule/compare-zones.ts";

/** A run to come. */
export interface NextRun {
  job: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** By the clock of the job's zone: `Mon 2026-11-23 03:00 Europe/Berlin`. */
  there: string;
  /** By the clock of whoever looks. */
  here: string;
}

/** One run to come as `next --json` prints it; `at` in ISO 8601 UTC. */
export interface NextRunJson {
  job: string;
  at: string;
}

/** The next occurrences of each schedule after an instant, soonest first. */
export function nextRuns(
  jobs: readonly { name: string; schedule: Schedule }[],
  { from, count, here }: { from: number; count: number; here: Zone },
): NextRun[] {
  const runs = jobs.flatMap(({ name, schedule }) =>
    nextOccurrences(schedule, from, count).map((at) => nextRun(name, at, [schedule.zone, here])),
  );
  return runs.toSorted((a, b) => a.at - b.at);
}

function nextRun(job: string, at: number, [there, here]: readonly [Zone, Zone]): NextRun {
  return { job, at, ...clocksAt(at, [there, here]) };
}

/** What two clocks show at an instant; the same where it is one clock by two names. */
export function clocksAt(at: number, [there, here]: readonly [Zone, Zone]): { there: string; here: string } {
  return { there: clockOf(there, at), here: clockOf(isSameClock(there, here) ? there : here, at) };
}

/** What a zone's clock shows at an instant, with the zone's name. */
function clockOf(zone: Zone, at: number): string {
  return `${weekdayText(wallTime(zone, at))} ${zone.name}`;
}

export function nextRunsJson(runs: readonly NextRun[]): NextRunJson[] {
  return runs.map(({ job, at }) => ({ job, at: new Date(at).toISOString() }));
}
