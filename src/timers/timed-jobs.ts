import type { Job, ScheduleSpec } from "../job.ts";
import { caughtUpFor } from "../schedule/due.ts";
import { nextAfter, previousAtOrBefore } from "../schedule/occurrences.ts";
import { type ParsedSchedule, parseSchedule } from "../schedule/parse-schedule.ts";
import type { LeftOutJob, TimedJob, TimerSource } from "./target.ts";

/**
 * Finds which jobs get a timer at `now`, and which do not, with the reason. A schedule that can't be read was refused with the
 * manifest, and is left out here.
 */
export function timerSource(given: Omit<TimerSource, "timed" | "leftOut" | "over">, now: number): TimerSource {
  const timed: TimedJob[] = [];
  const leftOut: LeftOutJob[] = [];
  const over: TimedJob[] = [];
  const parse = scheduleParser();
  for (const job of given.jobs) {
    const found = timedJob(job, given.environment, parse);
    const reason = "reason" in found ? found.reason : expiry(found, now);
    if (reason !== undefined) leftOut.push({ name: job.name, reason });
    if (!("reason" in found)) (reason === undefined ? timed : over).push(found);
  }
  return { ...given, timed, leftOut, over };
}

/** The same with the timers of what is over, as they were made when it was not. */
export function withOver(source: TimerSource): TimerSource {
  const over = new Set(source.over.map(({ job }) => job.name));
  const timed = new Map([...source.timed, ...source.over].map((each) => [each.job.name, each]));
  return {
    ...source,
    timed: source.jobs.flatMap(({ name }) => timed.get(name) ?? []),
    leftOut: source.leftOut.map(({ name, reason }) => ({
      name,
      reason: over.has(name) ? `${reason}; its timer goes with the next change` : reason,
    })),
  };
}

/** Thousands of jobs have few different schedules; but `H` is another time for each. */
function scheduleParser(): (spec: ScheduleSpec, name: string) => ParsedSchedule {
  const known = new Map<string, ParsedSchedule>();
  return (spec, name) => {
    const key = JSON.stringify([spec, /h/i.test(spec.expression) && name]);
    const parsed = known.get(key) ?? parseSchedule(spec, name);
    known.set(key, parsed);
    return parsed;
  };
}

function timedJob(job: Job, environment: string, parse: ReturnType<typeof scheduleParser>): TimedJob | LeftOutJob {
  const { name, enabled, schedule: spec, security } = job;
  if (!enabled) return { name, reason: "disabled" };
  if (spec === undefined) return { name, reason: "no schedule: by hand only" };
  if (security.allowedEnvironments?.includes(environment) === false) {
    return { name, reason: `not allowed in ${environment} (allowed: ${security.allowedEnvironments.join(", ")})` };
  }
  const parsed = parse(spec, name);
  return parsed.ok ? { job, schedule: parsed.schedule } : { name, reason: parsed.problem };
}

/** Why nothing will ever be started again: no time is left, and the last one is too old to be caught up. */
function expiry({ job, schedule }: TimedJob, now: number): string | undefined {
  // Any other schedule goes on for ever, and looking for the next time of thousands costs too much.
  if (schedule.kind !== "once" && schedule.endDate === undefined) return undefined;
  if (nextAfter(schedule, now) !== undefined) return undefined;
  const { endDate, ...policy } = job.schedule as ScheduleSpec;
  const last = previousAtOrBefore(schedule, now);
  if (last === undefined) return `expired: no time before its end, ${endDate}`;
  return now - last > caughtUpFor(policy) ? `expired: its last time was ${new Date(last).toISOString()}` : undefined;
}
