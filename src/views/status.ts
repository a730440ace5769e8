import { type JobSlots, jobSlots } from "../schedule/job-slots.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import { scheduleWords } from "../schedule/words.ts";
import type { HistoryReader } from "../history/queries.ts";
import type { Job } from "../job.ts";
import type { Run } from "../run.ts";
import { findRuns, type Supervision } from "./runs.ts";

/** What keeps a job from running now; instants in ISO 8601 UTC. */
export interface PausedJob {
  scope: "job" | "tag" | "all" | "drain";
  /** The job's or the tag's name. */
  name: string | null;
  by: string;
  at: string;
  until: string | null;
  reason: string | null;
  /** All of it in words, with what ends it. */
  text: string;
}

/** How one job stands. Instants in milliseconds since the epoch. */
export interface JobStatus {
  job: string;
  title: string | null;
  enabled: boolean;
  /** The schedule's text; null for a job that only runs by hand. */
  schedule: string | null;
  /** `at 03:00 every day`, without the zone. */
  words: string | null;
  timezone: string;
  paused: PausedJob | null;
  /** Null where no run is to come: by hand only, disabled, or over. */
  next: number | null;
  /** What runs now, newest first. */
  running: Run[];
  /** The latest run that was started and has ended. */
  last: Run | null;
  /** The latest start that a gate or a lock refused, where that was after `last`. */
  skipped: Run | null;
  missed: Missed;
  /** What pulls the trigger, and how it is; absent where that was not looked at. */
  timer?: string;
}

/** Slots that nothing was started for. */
export interface Missed {
  count: number;
  /** True where there are more than were counted. */
  more: boolean;
  latest: number | null;
}

/** What tells which slots were missed. */
export interface MissedSources {
  /** Undefined when nothing was ever recorded. */
  reader: HistoryReader | undefined;
  now: number;
  /** Up to when a job's slots do not count because it was paused, or is. */
  sinceAfterPauses(job: Job, slots: JobSlots): number;
}

export interface StatusSources extends MissedSources {
  supervision: Supervision;
  pausedNow(job: Job): PausedJob | null;
  /** The timer's state of each job; without it nothing is said of timers. */
  timers?: ReadonlyMap<string, string>;
}

const MOST_MISSED = 1000;
const MOST_OPEN = 10_000;
const NOTHING_MISSED: Missed = { count: 0, more: false, latest: null };

export interface ZonedJob {
  job: Job;
  /** The zone in which its times are shown. */
  timezone: string;
}

/** How the jobs stand, in their order. Throws JobctlError("config") for a schedule that can't be read. */
export function jobStatuses(jobs: readonly ZonedJob[], sources: StatusSources): JobStatus[] {
  const { reader, supervision } = sources;
  const open = reader ? findRuns(reader, { limit: MOST_OPEN, statuses: ["running"] }, supervision) : [];
  return jobs.map((each) => jobStatus(each, open, sources));
}

function jobStatus({ job, timezone }: ZonedJob, open: readonly Run[], sources: StatusSources): JobStatus {
  const { reader, now, timers } = sources;
  const runs = reader ? latestRuns(reader, job.name, sources) : { last: null, skipped: null };
  const timer = timers?.get(job.name);
  return {
    job: job.name,
    title: job.title ?? null,
    enabled: job.enabled,
    schedule: job.schedule?.expression ?? null,
    words: wordsOf(job),
    timezone,
    paused: sources.pausedNow(job),
    next: job.schedule && job.enabled ? (jobSlots(job).next(now) ?? null) : null,
    running: open.filter((run) => run.job === job.name),
    ...runs,
    missed: missedOf(job, sources),
    ...(timer === undefined ? {} : { timer }),
  };
}

/** Whether somebody should look at the job: its last run went wrong, it is kept from running, or it missed a slot. */
export function needsALook({ last, skipped, missed }: JobStatus): boolean {
  return isBad(last) || (skipped !== null && !QUIET_SKIPS.has(skipped.reason ?? "")) || missed.count > 0;
}

function isBad(run: Run | null): run is Run {
  return run !== null && (run.warn || (run.status !== "succeeded" && run.status !== "running" && run.status !== "skipped"));
}

/** Skips that were asked for; the others keep a job from its work. */
const QUIET_SKIPS: ReadonlySet<string> = new Set([
  "disabled",
  "paused",
  "not-started",
  "expired",
  "exhausted",
  "window",
  "nothing-to-do",
  "slot-done",
]);

function wordsOf(job: Job): string | null {
  if (!job.schedule) return null;
  const parsed = parseSchedule(job.schedule, job.name);
  return parsed.ok ? scheduleWords(parsed.schedule).replace(` (${parsed.schedule.zone.name})`, "") : null;
}

/** So many of a job's latest runs are read at once: nearly always the wanted ones are among them. */
const AT_ONCE = 10;

function latestRuns(reader: HistoryReader, job: string, { supervision }: StatusSources): Pick<JobStatus, "last" | "skipped"> {
  const runs = findRuns(reader, { job, limit: AT_ONCE }, supervision);
  const last = runs.find(hasEnded) ?? findRuns(reader, { job, limit: 1, statuses: ENDED }, supervision)[0] ?? null;
  const skipped = runs.find(({ status }) => status === "skipped");
  return { last, skipped: skipped && lastSeen(skipped) > (last?.startedAt ?? 0) ? skipped : null };
}

const ENDED = ["succeeded", "failed", "timed-out", "cancelled", "crashed", "not-started"] as const;

const hasEnded = ({ status }: Run): boolean => status !== "running" && status !== "skipped";

const lastSeen = ({ lastSeenAt, startedAt }: Run): number => lastSeenAt ?? startedAt;

/** A schedule that the history does not know yet, or knew otherwise, has missed nothing. */
export function missedOf(job: Job, { reader, now, sinceAfterPauses }: MissedSources): Missed {
  const state = job.schedule && job.enabled ? reader?.slots(job.name) : undefined;
  if (!state) return NOTHING_MISSED;
  const slots = jobSlots(job);
  if (state.definition !== slots.definition) return NOTHING_MISSED;
  const since = Math.max(state.since, sinceAfterPauses(job, slots));
  const missed = slots.missed({ ...state, since }, now, MOST_MISSED);
  return { count: missed.length, more: missed.length >= MOST_MISSED, latest: missed.at(-1) ?? null };
}
