import type { Job, ScheduleSpec } from "../job.ts";
import { caughtUpFor } from "../schedule/due.ts";
import { nextAfter, previousAtOrBefore } from "../schedule/occurrences.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { LeftOutJob, TimedJob, TimerSource } from "./target.ts";

/**
 * Finds which jobs get a timer at `now`, and which do not, with the reason. A schedule that can't be read was refused with the
 * manifest, and is left out here.
 */
export function timerSource(given: Omit<TimerSource, "timed" | "leftOut">, now: number): TimerSource {
  const timed: TimedJob[] = [];
  const leftOut: LeftOutJob[] = [];
  for (const job of given.jobs) {
    const found = timedJob(job, { environment: given.environment, now });
    if ("reason" in found) leftOut.push(found);
    else timed.push(found);
  }
  return { ...given, timed, leftOut };
}

function timedJob(job: Job, { environment, now }: { environment: string; now: number }): TimedJob | LeftOutJob {
  const { name, enabled, schedule: spec, security } = job;
  if (!enabled) return { name, reason: "disabled" };
  if (spec === undefined) return { name, reason: "no schedule: by hand only" };
  if (security.allowedEnvironments?.includes(environment) === false) {
    return { name, reason: `not allowed in ${environment} (allowed: ${security.allowedEnvironments.join(", ")})` };
  }
  const parsed = parseSchedule(spec, name);
  if (!parsed.ok) return { name, reason: parsed.problem };
  const reason = expiry(parsed.schedule, spec, now);
  return reason === undefined ? { job, schedule: parsed.schedule } : { name, reason };
}

/** Why nothing will ever be started again: no time is left, and the last one is too old to be caught up. */
function expiry(schedule: Schedule, { endDate, ...policy }: ScheduleSpec, now: number): string | undefined {
  // Any other schedule goes on for ever, and looking for the next time of thousands costs too much.
  if (schedule.kind !== "once" && schedule.endDate === undefined) return undefined;
  if (nextAfter(schedule, now) !== undefined) return undefined;
  const last = previousAtOrBefore(schedule, now);
  if (last === undefined) return `expired: no time before its end, ${endDate}`;
  return now - last > caughtUpFor(policy) ? `expired: its last time was ${new Date(last).toISOString()}` : undefined;
}
