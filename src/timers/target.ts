import type { Job } from "../job.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Zone } from "../schedule/zone.ts";

/** What the timers are made from. */
export interface TimerSource {
  /** First part of unit names and of the crontab block's mark. */
  prefix: string;
  /** Absolute path; it also marks what is ours. */
  manifestPath: string;
  /** The environment's name, written into units and lines as JOBCTL_ENV. */
  environment: string;
  /** Every job, resolved for that environment: variables put in, paths absolute. */
  jobs: readonly Job[];
  /** Those that get a timer, and those that do not, both in the manifest's order. */
  timed: readonly TimedJob[];
  leftOut: readonly LeftOutJob[];
  /** Those whose last time has passed: left out, unless `withOver` puts them back. */
  over: readonly TimedJob[];
}

/** Where the timers go. Generated text depends on this and the source alone. */
export interface TimerTarget {
  /** The Node that runs jobctl, absolute. */
  node: string;
  /** jobctl itself, absolute. */
  program: string;
  systemctl: string;
  stateDir: string;
  /** The zone of the host's clock, by which cron goes. */
  host: Zone;
  /** Who calls jobctl, and owns the state directory. */
  user: string;
  /** The system's manager or crontab folder, or the user's own. */
  scope: "system" | "user";
}

/** A job that gets a timer. */
export interface TimedJob {
  job: Job;
  schedule: Schedule;
}

/** A job that gets none, and why. */
export interface LeftOutJob {
  name: string;
  reason: string;
}

export interface TextFile {
  name: string;
  text: string;
}
