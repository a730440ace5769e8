import type { Job, Json, Need, Organizations, RetryPolicy, ScheduleSpec, Work } from "../job.ts";
import { PRIORITIES } from "../job.ts";
import { findZone } from "../schedule/zone.ts";
import { typeOfText } from "../schedule/parse-schedule.ts";
import { readOnce } from "../schedule/read-once.ts";
import { isProblem } from "../schedule/schedule.ts";
import { parseDuration, parseSize } from "../units.ts";
import type { OwnFields } from "./seed-metadata.ts";

const DAY = 86_400_000;
const MEGABYTE = 1024 ** 2;

export interface JobFacts {
  name: string;
  /** The zone of jobs that name none; may hold `${CRON_TIMEZONE:-...}`. */
  timezone: string;
  place: string;
}

/** A checked job's fields with every default put in; durations in milliseconds, sizes in bytes. */
export function normalizeJob(fields: OwnFields, { name, timezone, place }: JobFacts): Job {
  const schedule = fields.schedule === undefined ? undefined : normalizeSchedule(fields.schedule, timezone);
  const { monitoring, security, expect, window } = fields;
  return defined<Job>({
    name,
    title: fields.title,
    description: fields.description,
    version: fields.version === undefined ? undefined : String(fields.version),
    category: fields.category,
    priority: typeof fields.priority === "string" ? PRIORITIES[fields.priority] : (fields.priority ?? PRIORITIES.normal),
    tags: fields.tags ?? [],
    critical: fields.critical ?? false,
    work: normalizeWork(fields),
    enabled: fields.enabled ?? true,
    schedule,
    timeout: duration(fields.timeout),
    killAfter: duration(fields.killAfter) ?? 10_000,
    idleTimeout: duration(fields.idleTimeout),
    totalTimeout: duration(fields.totalTimeout),
    leftovers: fields.leftovers ?? "kill",
    overlap: fields.overlap ?? "skip",
    queueLimit: fields.queueLimit,
    waitTimeout: duration(fields.waitTimeout),
    group: fields.group,
    scope: fields.scope ?? "host",
    organizations: fields.organizations && normalizeOrganizations(fields.organizations),
    retry: normalizeRetry(fields.retry ?? {}),
    onCrash: fields.onCrash ?? "leave",
    exitCodes: fields.exitCodes ?? {},
    expect:
      expect &&
      defined({
        ...expect,
        output: expect.output && defined(expect.output),
        minDuration: duration(expect.minDuration),
        artifact: expect.artifact && { path: expect.artifact.path, minSize: size(expect.artifact.minSize) ?? 0 },
      }),
    needs: (fields.needs ?? []).map(normalizeNeed),
    window: window && { from: window.from, to: window.to, timezone: window.timezone ?? schedule?.timezone ?? timezone },
    cwd: fields.cwd,
    env: texts(fields.env ?? {}),
    envFile: fields.envFile,
    secrets: fields.secrets ?? {},
    resources: normalizeResources(fields.resources ?? {}),
    network: fields.network ?? true,
    paths: fields.paths ?? [],
    hardening: fields.hardening ?? "base",
    maxOutput: size(fields.maxOutput) ?? 10 * MEGABYTE,
    hooks: normalizeHooks(fields),
    onFailureUnit: fields.onFailureUnit,
    monitoring: defined({
      successThreshold: monitoring?.successThreshold,
      performanceThreshold: duration(monitoring?.performanceThreshold),
      retentionDays: monitoring?.retentionDays ?? 90,
      expectWithin: duration(monitoring?.expectWithin),
    }),
    security: defined({
      allowedEnvironments: security?.allowedEnvironments,
      permissions: security?.permissions ?? [],
      requiresAuthentication: security?.requiresAuthentication ?? false,
      runAs: security?.runAs,
    }),
    alerts: fields.alerts as Json | undefined,
    place,
  });
}

/** The same object without the fields that are undefined. A job has some sixty: by entries this was a twentieth of a start. */
export function defined<Result extends object>(fields: { [Key in keyof Result]: Result[Key] | undefined }): Result {
  const result: Partial<Result> = {};
  for (const name of Object.keys(fields) as (keyof Result)[]) if (fields[name] !== undefined) result[name] = fields[name];
  return result as Result;
}

function duration(value: string | number | undefined): number | undefined {
  return typeof value === "string" ? parseDuration(value) : value;
}

function size(value: string | number | undefined): number | undefined {
  return typeof value === "string" ? parseSize(value) : value && Math.round(value * MEGABYTE);
}

function normalizeWork({ uses, command, shell, with: parameters }: OwnFields): Work {
  if (command) return { kind: "command", argv: command.map(String) as [string, ...string[]] };
  if (shell !== undefined) return { kind: "shell", script: shell };
  return { kind: "module", uses: uses ?? "", with: (parameters ?? {}) as Record<string, Json> };
}

function normalizeSchedule(schedule: NonNullable<OwnFields["schedule"]>, zone: string): ScheduleSpec {
  const given = typeof schedule === "string" ? { expression: schedule } : { ...schedule, expression: schedule.expression ?? "" };
  const timezone = given.timezone ?? zone;
  return defined<ScheduleSpec>({
    type: given.type ?? typeOfText(given.expression),
    expression: given.expression,
    timezone,
    startDate: given.startDate && utcInstant(given.startDate, timezone),
    endDate: given.endDate && utcInstant(given.endDate, timezone),
    maxExecutions: given.maxExecutions,
    jitter: duration(given.jitter),
    catchUp: given.catchUp ?? "last",
    catchUpWithin: duration(given.catchUpWithin) ?? DAY,
  });
}

/** A date or a local time of the zone as ISO 8601 UTC; what is no time stays, for the schedule's own check to name. */
function utcInstant(text: string, timezone: string): string {
  const zone = findZone(timezone.replace(/^\$\{\w+:-(.*)\}$/, "$1"));
  if (isProblem(zone)) return text;
  const at = readOnce(text.length === 10 ? `${text}T00:00` : text, zone);
  if (typeof at === "number") return new Date(at).toISOString();
  const exact = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(exact) ? text : new Date(exact).toISOString();
}

function normalizeRetry(retry: NonNullable<OwnFields["retry"]>): RetryPolicy {
  return defined<RetryPolicy>({
    maxRetries: retry.maxRetries ?? 0,
    backoff: retry.backoff ?? "exponential",
    initialDelay: duration(retry.initialDelay) ?? 60_000,
    maxDelay: duration(retry.maxDelay),
    multiplier: retry.multiplier ?? 2,
    jitter: retry.jitter ?? 0,
    never: retry.never ?? [64, 77, 78],
  });
}

/** That it has exactly one of query and command is checked later. */
function normalizeOrganizations({ command, ...rest }: NonNullable<OwnFields["organizations"]>): Organizations {
  return defined<object>({ ...rest, command: command?.map(String) }) as Organizations;
}

function normalizeNeed(need: NonNullable<OwnFields["needs"]>[number]): Need {
  if (typeof need === "string") return { job: need, within: DAY, wait: 0 };
  return { job: need.job, within: duration(need.within) ?? DAY, wait: duration(need.wait) ?? 0 };
}

function normalizeResources(resources: NonNullable<OwnFields["resources"]>): Job["resources"] {
  return defined<Job["resources"]>({
    ...resources,
    maxMemory: size(resources.maxMemory),
    maxCpuTime: duration(resources.maxCpuTime),
    maxDiskSpace: size(resources.maxDiskSpace),
    minFree: size(resources.minFree),
  });
}

function normalizeHooks({ onStart, onSuccess, onFailure, onFinish }: OwnFields): Job["hooks"] {
  const hooks = Object.entries({ onStart, onSuccess, onFailure, onFinish }).filter(([, hook]) => hook !== undefined);
  if (hooks.length === 0) return undefined;
  return Object.fromEntries(hooks.map(([name, hook]) => [name, Array.isArray(hook) ? hook.map(String) : hook])) as Job["hooks"];
}

export function texts(values: Record<string, string | number | boolean>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
