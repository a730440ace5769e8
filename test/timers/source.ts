import type { Job, ScheduleSpec } from "../../src/job.ts";
import { UTC } from "../../src/schedule/zone.ts";
import { typeOfText } from "../../src/schedule/parse-schedule.ts";
import type { TimerSource, TimerTarget } from "../../src/timers/target.ts";
import { timerSource } from "../../src/timers/timed-jobs.ts";
import { job } from "../helpers/job.ts";

/** A schedule with the manifest's defaults. */
export function at(expression: string, fields: Partial<ScheduleSpec> = {}): ScheduleSpec {
  return { type: typeOfText(expression), expression, timezone: "UTC", catchUp: "last", catchUpWithin: 86_400_000, ...fields };
}

/** A job that runs every night. */
export function timed(name: string, fields: Partial<Job> = {}): Job {
  return job({ name, schedule: at("0 3 * * *"), ...fields });
}

export function source(jobs: readonly Job[], fields: Partial<TimerSource> = {}, now = Date.parse("2026-01-15T12:00:00Z")): TimerSource {
  return timerSource({ prefix: "jobctl", manifestPath: "/etc/jobctl/jobctl.yaml", environment: "production", jobs, ...fields }, now);
}

/** A host in UTC on which root installs. */
export function target(fields: Partial<TimerTarget> = {}): TimerTarget {
  return {
    node: "/usr/bin/node",
    program: "/usr/bin/jobctl",
    systemctl: "/usr/bin/systemctl",
    stateDir: "/var/lib/jobctl/jobctl",
    host: UTC,
    user: "root",
    scope: "system",
    ...fields,
  };
}
