import type { Job, JobVariants } from "../job.ts";
import { shortestPeriod } from "../schedule/occurrences.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import { didYouMean } from "../nearest.ts";
import { formatDuration } from "../units.ts";
import type { Finding, Path } from "./problem.ts";
import type { OwnFields } from "./seed-metadata.ts";

const WORK = ["uses", "command", "shell"] as const;

/** What the rules over one job's fields need to know of the others. */
export interface Surroundings {
  jobs: ReadonlySet<string>;
  groups: ReadonlySet<string>;
  /** `schedule.timezone` of jobs that name none. */
  timezone: string;
}

/** The rules that hold over two fields or more: a schema can't say them. `path` is where the fields stand. */
export function checkWork(fields: OwnFields, path: Path): Finding[] {
  const kinds = WORK.filter((kind) => fields[kind] !== undefined);
  const [, second] = kinds;
  if (kinds.length === 0) return [{ path, part: "key", message: "does nothing: give it uses, command or shell" }];
  if (second)
    return [
      { path: [...path, second], part: "key", message: `has ${kinds.join(" and ")}; a job does exactly one of uses, command and shell` },
    ];
  if (fields.with !== undefined && fields.uses === undefined) {
    return [
      {
        path: [...path, "with"],
        part: "key",
        message: "is for jobs with uses; a command takes its arguments in command, or variables in env",
      },
    ];
  }
  if (typeof fields.schedule === "object" && fields.schedule.expression === undefined) {
    return [{ path: [...path, "schedule"], part: "key", message: 'has no expression; write one such as "0 3 * * *"' }];
  }
  return [];
}

export function checkJob(job: Job, path: Path, around: Surroundings): Finding[] {
  const at = (message: string, ...steps: (string | number)[]): Finding => ({ path: [...path, ...steps], part: "value", message });
  return [
    ...checkSchedule(job, around.timezone).map(({ problem, field }) => at(problem, "schedule", ...field)),
    ...job.needs.flatMap((need, index) =>
      around.jobs.has(need.job)
        ? []
        : [at(`${JSON.stringify(need.job)} is no job of this manifest${didYouMean(need.job, [...around.jobs])}`, "needs", index)],
    ),
    ...(job.group === undefined || around.groups.has(job.group)
      ? []
      : [
          at(
            `${JSON.stringify(job.group)} is no group of this manifest${didYouMean(job.group, [...around.groups]) || "; define it under groups"}`,
            "group",
          ),
        ]),
    ...checkPattern(job.expect?.output?.match).map((problem) => at(problem, "expect", "output", "match")),
    ...checkPattern(job.expect?.output?.notMatch).map((problem) => at(problem, "expect", "output", "notMatch")),
    ...checkOrganizations(job, at),
    ...(job.window && sameTime(job.window) ? [at("from and to are the same time: it would never be open", "window")] : []),
    ...(job.retry.maxDelay !== undefined && job.retry.maxDelay < job.retry.initialDelay
      ? [at("is shorter than initialDelay", "retry", "maxDelay")]
      : []),
    ...(job.hardening === "full" && job.network ? [at('"full" needs network: false', "hardening")] : []),
    ...badZone(job.window?.timezone, around.timezone).map((problem) => at(problem, "window", "timezone")),
  ];
}

function checkOrganizations({ scope, organizations: list, overlap }: Job, at: (message: string, ...steps: string[]) => Finding): Finding[] {
  if (list && (list.query === undefined) === (list.command === undefined))
    return [at("takes exactly one of query and command", "organizations")];
  if (scope !== "organization") return [];
  if (!list) return [at("needs organizations: with a query or a command that lists them", "scope")];
  if (overlap !== "allow") return [];
  return [at('"allow" does not go with scope: organization, whose resources.concurrencyLimit counts organizations', "overlap")];
}

function checkSchedule({ name, schedule }: Job, timezone: string): { problem: string; field: string[] }[] {
  if (!schedule?.expression) return [];
  const parsed = parseSchedule(schedule.timezone.startsWith("$") ? { ...schedule, timezone } : schedule, name);
  if (!parsed.ok) return [{ problem: parsed.problem, field: [] }];
  if (schedule.jitter === undefined) return [];
  // By the schedule's own clock: that it is changed once a year makes no jitter too long.
  const byItsClock = parseSchedule({ ...schedule, timezone: "UTC" }, name);
  const period = byItsClock.ok ? shortestPeriod(byItsClock.schedule) : Number.POSITIVE_INFINITY;
  if (schedule.jitter < period) return [];
  const problem = `${formatDuration(schedule.jitter)} is not shorter than ${formatDuration(period)}, the shortest time between two runs`;
  return [{ problem, field: ["jitter"] }];
}

function badZone(zone: string | undefined, timezone: string): string[] {
  if (zone === undefined || zone === timezone || zone.startsWith("$")) return [];
  const parsed = parseSchedule({ type: "cron", expression: "0 0 * * *", timezone: zone });
  return parsed.ok ? [] : [parsed.problem];
}

function checkPattern(pattern: string | undefined): string[] {
  if (pattern === undefined || pattern.includes("${")) return [];
  try {
    RegExp(pattern);
    return [];
  } catch (error) {
    return [`${JSON.stringify(pattern)} is no regular expression: ${(error as Error).message}`];
  }
}

function sameTime({ from, to }: { from: string; to: string }): boolean {
  return from.padStart(5, "0") === to.padStart(5, "0");
}

/** Jobs that need each other would never run: neither as they stand, nor as an environment makes them. */
export function checkNeeds(jobs: Record<string, JobVariants>): Finding[] {
  const names = new Set(Object.values(jobs).flatMap(({ environments }) => Object.keys(environments)));
  const plain = circles(needsIn(jobs, undefined));
  const known = new Set(plain.map(({ message }) => message));
  const others = [...names].flatMap((environment) =>
    circles(needsIn(jobs, environment))
      .filter(({ message }) => !known.has(message))
      .map(({ path, part, message }) => ({ path, part, message: `${message} (in the environment ${environment})` })),
  );
  return [...plain, ...others];
}

const needsIn = (jobs: Record<string, JobVariants>, environment: string | undefined): Record<string, Job> =>
  Object.fromEntries(
    Object.entries(jobs).map(([name, { base, environments }]) => [name, (environment !== undefined && environments[environment]) || base]),
  );

function circles(jobs: Record<string, Job>): Finding[] {
  const finished = new Set<string>();
  const findings: Finding[] = [];
  const visit = (name: string, above: string[]): void => {
    if (finished.has(name)) return;
    if (above.includes(name)) {
      findings.push({
        path: ["jobs", name, "needs"],
        part: "value",
        message: `goes round in a circle: ${[...above.slice(above.indexOf(name)), name].join(" → ")}`,
      });
      return;
    }
    for (const { job } of jobs[name]?.needs ?? []) visit(job, [...above, name]);
    finished.add(name);
  };
  for (const name of Object.keys(jobs)) visit(name, []);
  return findings;
}
