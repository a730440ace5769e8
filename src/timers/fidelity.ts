import type { Job } from "../job.ts";
import { crontabLines } from "../schedule/crontab-lines.ts";
import { onCalendarWakes } from "../schedule/on-calendar.ts";
import { type Problem, isProblem } from "../schedule/schedule.ts";
import type { TimerLines } from "../schedule/timer-lines.ts";
import type { TimedJob, TimerSource, TimerTarget } from "./target.ts";
import type { TargetKind } from "../timer-target.ts";
import { targetProblems } from "./target-problems.ts";

/** What becomes of one job's settings on a target. */
export interface JobFidelity {
  job: string;
  /** Done by cron or systemd itself. */
  native: string[];
  /** Done by `jobctl run` in its place. */
  byJobctl: string[];
}

/** What the target keeps of each job, and who keeps it. Nothing is approximated in silence. */
export function fidelity({ timed }: Pick<TimerSource, "timed">, target: TimerTarget, kind: TargetKind): JobFidelity[] {
  return timed.map((each) => (kind === "systemd" ? onSystemd(each) : onCron(each, target)));
}

/** Why the target can't be installed so (exit 78): what stands against it as a whole, and what it can't keep of a job. */
export function impossibilities(source: TimerSource, target: TimerTarget, kind: TargetKind): string[] {
  const judge = kind === "systemd" ? notOnSystemd : notOnCron;
  const ofJobs = source.timed.flatMap((each) => judge(each, target).map((reason) => `jobs.${each.job.name}: ${reason}`));
  return [...targetProblems(source, target, kind), ...ofJobs];
}

function onSystemd({ job, schedule }: TimedJob): JobFidelity {
  const wakes = onCalendarWakes(schedule);
  const { catchUp = "last", jitter = 0 } = job.schedule ?? {};
  return {
    job: job.name,
    native: kept([
      [!wakes.wakesMore, "schedule: OnCalendar="],
      [catchUp !== "none", "catch-up after the machine was off: Persistent="],
      [jitter > 0, "jitter: RandomizedDelaySec=, the same at each start"],
      [job.resources.maxMemory !== undefined, "maxMemory: MemoryMax=, behind jobctl's own watch"],
      [job.onFailureUnit !== undefined, "onFailureUnit: OnFailure="],
      [!job.network, "network: false, by PrivateNetwork="],
      [!job.network && job.hardening !== "off", "hardening: everything that Node survives"],
    ]),
    byJobctl: kept([
      ...wakeUps(wakes),
      [
        job.overlap === "skip",
        "overlap: skip; what comes due during a run is started by systemd when that run ends, where cron would skip it",
      ],
      [catchUp === "all", "catchUp: all, one start runs every missed slot"],
      ...always(job),
    ]),
  };
}

function notOnSystemd({ job }: TimedJob, target: TimerTarget): string[] {
  return [
    ...runAsProblem(job, target),
    ...kept([
      [!job.network && target.scope === "user", "network: false needs the system's manager: a user's can't take the network away"],
      [job.hardening === "full" && target.scope === "user", "hardening: full needs the system's manager"],
    ]),
  ];
}

function onCron({ job, schedule }: TimedJob, target: TimerTarget): JobFidelity {
  const lines = crontabLines(schedule, target.host);
  const { catchUp = "last", jitter = 0 } = job.schedule ?? {};
  return {
    job: job.name,
    native: kept([[!isProblem(lines) && !lines.wakesMore, "schedule: crontab fields"]]),
    byJobctl: kept([
      ...wakeUps(lines),
      [catchUp !== "none", `catchUp: ${catchUp}, at the next start and at boot`],
      [jitter > 0, "jitter: waits before the start"],
      [job.overlap !== "allow", `overlap: ${job.overlap}`],
      [job.resources.maxMemory !== undefined, "maxMemory: watched once a second"],
      ...always(job),
    ]),
  };
}

function notOnCron({ job, schedule }: TimedJob, target: TimerTarget): string[] {
  const lines = crontabLines(schedule, target.host);
  return [
    ...(isProblem(lines) ? [lines.problem] : []),
    ...runAsProblem(job, target),
    ...kept([
      [!job.network, "network: false: cron can't take the network away; use systemd timers"],
      [job.hardening === "full", "hardening: full: cron can't confine a job; use systemd timers"],
      [job.onFailureUnit !== undefined, "onFailureUnit: cron starts no units; use onFailure, a command, or systemd timers"],
      [
        Object.values(job.secrets).some((secret) => secret.startsWith("credential:")),
        "credential: secrets come from systemd: use file: or systemd timers",
      ],
    ]),
  ];
}

type Remark = readonly [holds: boolean, text: string];

const kept = (remarks: readonly Remark[]): string[] => remarks.flatMap(([holds, text]) => (holds ? [text] : []));

function wakeUps(lines: Omit<TimerLines, "lines"> | Problem): Remark[] {
  if (isProblem(lines)) return [];
  const late = lines.lateBy === undefined ? "" : `, up to ${lines.lateBy / 1000} s late`;
  return [[lines.wakesMore, `schedule: wakes more often, and starts the job only when it is due${late}`]];
}

/** What neither cron nor systemd does for a single job. */
function always(job: Job): Remark[] {
  const { startDate, endDate, maxExecutions } = job.schedule ?? {};
  return [
    [startDate !== undefined || endDate !== undefined, "startDate, endDate"],
    [maxExecutions !== undefined, "maxExecutions"],
    [job.timeout !== undefined || job.idleTimeout !== undefined || job.totalTimeout !== undefined, "timeouts"],
    [job.retry.maxRetries > 0, "retry"],
    [job.window !== undefined, "window"],
    [job.needs.length > 0, "needs"],
    [job.scope === "organization", "scope: organization"],
    [job.security.runAs !== undefined, `runAs: ${job.security.runAs}`],
  ];
}

function runAsProblem({ security: { runAs } }: Job, { user, scope }: TimerTarget): string[] {
  if (runAs === undefined || runAs === user || (scope === "system" && user === "root")) return [];
  const whose = scope === "user" ? `timers of user ${user}` : `a service of user ${user}`;
  return [`runAs: ${runAs} is not possible in ${whose}: only root can become another user`];
}
