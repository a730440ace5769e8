import type { Job } from "../job.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { hardeningLines } from "./hardening.ts";
import { runCall } from "./run-call.ts";
import { startTimeout } from "./start-timeout.ts";
import { execArgument, unitWord } from "./system-unit-quote.ts";
import type { TimedJob, TimerSource, TimerTarget } from "./target.ts";
import { jobTitle, timeSpan, unitHead, unitName, unitOf } from "./unit-text.ts";

/** jobctl ends the job first; this is what it may take beyond killAfter. */
const STOP_MS = 45_000;
/** What jobctl itself needs, on top of the job's maxMemory. */
const OWN_MEMORY = 64 * 1024 ** 2;
/** systemd's own limit is 5 starts in 10 s (systemd.unit(5), StartLimitIntervalSec=), which a timer of seconds would hit. */
const QUICK_MS = 3000;

/** The service that runs one job. */
export function serviceUnit(timed: TimedJob, source: TimerSource, target: TimerTarget): string {
  return unitOf(serviceHead(timed, jobTitle(timed.job), source), serviceSection(timed, source, target));
}

export function serviceHead({ job: { onFailureUnit }, schedule }: TimedJob, description: string, source: TimerSource): string[] {
  return [
    ...unitHead(description, source),
    ...(onFailureUnit === undefined ? [] : [`OnFailure=${onFailureUnit}`]),
    ...(shortestGap(schedule) < QUICK_MS ? ["StartLimitIntervalSec=0"] : []),
  ];
}

export function serviceSection({ job, schedule }: TimedJob, source: TimerSource, target: TimerTarget): string[] {
  const call = runCall(source, target, { job: job.name, trigger: "timer" });
  const timeout = startTimeout(job, schedule);
  return [
    "[Service]",
    "Type=oneshot",
    `ExecStart=${call.map(execArgument).join(" ")}`,
    `Environment=${unitWord(`JOBCTL_ENV=${source.environment}`)}`,
    ...credentials(job),
    ...(target.scope === "system" && target.user !== "root" ? [`User=${target.user}`] : []),
    // A skip that another try may cure (75) is no failure of the unit, nor is a run that was asked to end (for a oneshot systemd.service(5) says so of no signal).
    "SuccessExitStatus=75 SIGHUP SIGINT SIGTERM",
    `TimeoutStartSec=${timeout === undefined ? "infinity" : timeSpan(timeout)}`,
    `TimeoutStopSec=${timeSpan(job.killAfter + STOP_MS)}`,
    `KillMode=${job.leftovers === "keep" ? "process" : "mixed"}`,
    `SyslogIdentifier=${unitName(source, job.name)}`,
    "SyslogLevelPrefix=yes",
    // The run, not the kernel's choice of one process, decides what a lack of memory means.
    "OOMPolicy=continue",
    ...limits(job),
    ...hardeningLines(job, source, target),
  ];
}

/** `credential:NAME` is found by systemd in its credential stores (systemd.exec(5), LoadCredential=). */
function credentials({ secrets }: Job): string[] {
  const names = Object.values(secrets).flatMap((source) => (source.startsWith("credential:") ? [source.slice("credential:".length)] : []));
  return [...new Set(names)].toSorted().map((name) => `LoadCredential=${unitWord(name)}`);
}

/** One unit holds all the organizations that are at work at once, each with a limit of its own. */
function limits({ scope, resources: { maxMemory, concurrencyLimit = 1 } }: Job): string[] {
  const atOnce = scope === "organization" ? concurrencyLimit : 1;
  return maxMemory === undefined ? [] : [`MemoryMax=${maxMemory * atOnce + OWN_MEMORY}`];
}

/** The shortest time between two occurrences that the schedule's seconds allow, in milliseconds. */
function shortestGap(schedule: Schedule): number {
  if (schedule.kind === "once") return Number.POSITIVE_INFINITY;
  if (schedule.kind === "interval") return schedule.every;
  const { values } = schedule.fields.second;
  return 1000 * Math.min(...values.map((value, index) => (values[index + 1] ?? (values[0] ?? 0) + 60) - value));
}
