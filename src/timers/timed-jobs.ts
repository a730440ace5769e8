import { parseSchedule } from "../schedule/parse-schedule.ts";
import type { Job } from "../job.ts";
import type { LeftOutJob, TimedJob, TimerSource } from "./target.ts";

/**
 * Finds which jobs get a timer, and which do not, with the reason. A schedule that can't be read was refused with the manifest,
 * and is left out here.
 */
export function timerSource(given: Omit<TimerSource, "timed" | "leftOut">): TimerSource {
  const timed: TimedJob[] = [];
  const leftOut: LeftOutJob[] = [];
  for (const job of given.jobs) {
    const found = timedJob(job, given.environment);
    if ("reason" in found) leftOut.push(found);
    else timed.push(found);
  }
  return { ...given, timed, leftOut };
}

function timedJob(job: Job, environment: string): TimedJob | LeftOutJob {
  const { name, enabled, schedule: spec, security } = job;
  if (!enabled) return { name, reason: "disabled" };
  if (spec === undefined) return { name, reason: "no schedule: by hand only" };
  if (security.allowedEnvironments?.includes(environment) === false) {
    return { name, reason: `not allowed in ${environment} (allowed: ${security.allowedEnvironments.join(", ")})` };
  }
  const parsed = parseSchedule(spec, name);
  return parsed.ok ? { job, schedule: parsed.schedule } : { name, reason: parsed.problem };
}
