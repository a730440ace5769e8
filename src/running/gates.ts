import type { Job, Need } from "../job.ts";
import type { LatestRun, SkipReason } from "../run.ts";
import { formatDuration, formatSize } from "../units.ts";

export type Verdict =
  | { pass: true }
  | {
      pass: false;
      reason: SkipReason;
      detail: string;
      /** What it may be worth to wait for. */
      waitsFor?: string;
    };

/** What the static gates look at; what costs time to find out is asked for only where a job needs it. */
export interface StaticFacts {
  now: number;
  /** The slot that the run is for, else now: startDate and endDate bound slots. */
  slot: number;
  environment: string;
  force: boolean;
  /** `user:NAME` and `group:NAME` of the caller, and whether it is root. */
  caller(): { names: string[]; isRoot: boolean };
  access: Record<string, string[]>;
  /** Local time of day in a zone, `HH:MM`. */
  timeOfDay(now: number, timezone: string): string;
}

/** What the gates after the locks look at; bytes, and load average per core. */
export interface StateFacts {
  force: boolean;
  /** Why the job is paused, if it is. */
  paused(): string | undefined;
  now(): number;
  /** The latest run of a job that this one needs. */
  latest(job: string): LatestRun | undefined;
  /** That job's slot in this minute, whether or not a run was started for it. */
  slotThisMinute(job: string): number | undefined;
  /** How long the needs were waited for, in milliseconds. */
  waited: number;
  executions(): number;
  loadPerCore(): number;
  free(): { path: string; bytes: number }[];
}

const PASS: Verdict = { pass: true };
const no = (reason: SkipReason, detail: string): Verdict & { pass: false } => ({ pass: false, reason, detail });

/** May this job run now? Before the locks; the first gate that does not pass decides. `--force` passes all but environment and permission. */
export function staticGates(job: Job, facts: StaticFacts): Verdict {
  return first(
    () => (facts.force || job.enabled ? PASS : no("disabled", "the job is disabled in the manifest")),
    () => environmentGate(job, facts),
    () => permissionGate(job, facts),
    () => (facts.force ? PASS : boundsGate(job, facts)),
    () => (facts.force ? PASS : windowGate(job, facts)),
  );
}

/** May this job run now? With its lock held. */
export function stateGates(job: Job, facts: StateFacts): Verdict {
  if (facts.force) return PASS;
  return first(
    () => pausedGate(facts),
    () => executionsGate(job, facts),
    () => dependencyGate(job, facts),
    () => loadGate(job, facts),
    () => diskGate(job, facts),
  );
}

function first(...gates: (() => Verdict)[]): Verdict {
  for (const gate of gates) {
    const verdict = gate();
    if (!verdict.pass) return verdict;
  }
  return PASS;
}

function environmentGate({ security }: Job, { environment }: StaticFacts): Verdict {
  const allowed = security.allowedEnvironments;
  if (!allowed || allowed.includes(environment)) return PASS;
  return no("environment", `the environment is "${environment}", allowed are ${allowed.join(", ")} (set JOBCTL_ENV)`);
}

/** A guard against mistakes: the boundary is the operating system's. */
function permissionGate({ security }: Job, { caller, access }: StaticFacts): Verdict {
  const { permissions, requiresAuthentication } = security;
  if (permissions.length === 0 && !requiresAuthentication) return PASS;
  const { names, isRoot } = caller();
  if (isRoot) return PASS;
  const entries = names.filter((name) => access[name]);
  if (requiresAuthentication && entries.length === 0) return no("permission", `${names[0]} is not named under access: in the manifest`);
  const missing = permissions.filter((permission) => !entries.some((name) => access[name]?.includes(permission)));
  if (missing.length === 0) return PASS;
  return no("permission", `${names[0]} lacks ${missing.join(", ")}; grant it under access: in the manifest`);
}

function boundsGate({ schedule }: Job, { slot }: StaticFacts): Verdict {
  if (schedule?.startDate && slot < Date.parse(schedule.startDate))
    return no("not-started", `the schedule starts on ${schedule.startDate}`);
  if (schedule?.endDate && slot > Date.parse(schedule.endDate)) return no("expired", `the schedule ended on ${schedule.endDate}`);
  return PASS;
}

/** Half-open: from <= time < to; a window whose end is not after its beginning goes over midnight. */
function windowGate({ window }: Job, { now, timeOfDay }: StaticFacts): Verdict {
  if (!window) return PASS;
  const time = timeOfDay(now, window.timezone);
  const { from, to } = window;
  const inside = from < to ? from <= time && time < to : time >= from || time < to;
  return inside ? PASS : no("window", `it is ${time}, the window is ${from} to ${to} (${window.timezone})`);
}

function executionsGate({ schedule }: Job, { executions }: StateFacts): Verdict {
  const limit = schedule?.maxExecutions;
  if (limit === undefined || executions() < limit) return PASS;
  return no("exhausted", `all ${limit} executions are done (schedule.maxExecutions)`);
}

function pausedGate({ paused }: StateFacts): Verdict {
  const detail = paused();
  return detail === undefined ? PASS : no("paused", detail);
}

/** Each job that is needed has succeeded of late. What can't come true by waiting decides before what can. */
function dependencyGate({ needs }: Job, facts: StateFacts): Verdict {
  const unmet = needs.map((need) => needGate(need, facts)).filter((verdict) => !verdict.pass);
  return unmet.find(({ waitsFor }) => waitsFor === undefined) ?? unmet[0] ?? PASS;
}

function needGate({ job, within, wait }: Need, { now, latest, slotThisMinute, waited }: StateFacts): Verdict {
  const run = latest(job);
  const mayWait = waited < wait;
  if (run?.status === "running") {
    const detail = `needs ${job}, whose run ${run.id} has not ended yet${wait > 0 ? ` after a wait of ${formatDuration(round(waited))}` : ""}`;
    return { ...no("dependency", detail), ...(mayWait ? { waitsFor: `run ${run.id} of ${job}` } : {}) };
  }
  const slot = mayWait ? slotThisMinute(job) : undefined;
  if (slot !== undefined && (run === undefined || Math.max(run.startedAt, run.scheduledFor) < slot)) {
    return { ...no("dependency", `needs ${job}, which is due now`), waitsFor: `the run of ${job} that is due now` };
  }
  if (!run) return no("dependency", `needs ${job}, of which no run is recorded`);
  if (run.status !== "succeeded") return no("dependency", `needs ${job}, whose latest run ${run.id} did not succeed (${run.status})`);
  const age = now() - (run.finishedAt ?? run.startedAt);
  if (age <= within) return PASS;
  return no(
    "dependency",
    `needs ${job}, whose latest run ${run.id} succeeded ${formatDuration(round(age))} ago, allowed is ${formatDuration(within)}`,
  );
}

const round = (ms: number): number => (ms < 1000 ? ms : Math.floor(ms / 1000) * 1000);

function loadGate({ resources }: Job, { loadPerCore }: StateFacts): Verdict {
  if (resources.maxLoad === undefined) return PASS;
  const load = loadPerCore();
  return load <= resources.maxLoad ? PASS : no("load", `load per core is ${load.toFixed(2)}, allowed is ${resources.maxLoad}`);
}

function diskGate({ resources }: Job, { free }: StateFacts): Verdict {
  const { minFree } = resources;
  if (minFree === undefined) return PASS;
  const full = free().find(({ bytes }) => bytes < minFree);
  return full ? no("disk", `${formatSize(full.bytes)} are free at ${full.path}, wanted are ${formatSize(minFree)}`) : PASS;
}
