import * as v from "valibot";
import { BACKOFFS, CATCH_UPS, CATEGORIES, EXIT_MEANINGS, HARDENINGS, OVERLAPS, PRIORITIES, UNIT_NAME } from "../job.ts";
import { freeMap, map, mapOf } from "./schema-parts.ts";
import { DURATION_FORMS, DURATION_PATTERN, SIZE_FORMS, SIZE_PATTERN } from "../units.ts";

/**
 * What may be written in a manifest, the seed metadata's spelling included. It is the one source of the check, of the
 * types and of the JSON Schema, so it holds no transformation and no rule over two fields (those are in
 * check-manifest.ts). A schema's message says what is allowed; problem texts put before it what was found.
 */
export type ManifestFile = v.InferOutput<ReturnType<typeof manifestSchemas>["manifest"]>;
export type JobFields = v.InferOutput<ReturnType<typeof manifestSchemas>["job"]>;
/** What `defaults` and an environment lay under or over a job. */
export type Overlay = NonNullable<ManifestFile["defaults"]>;

export const JOB_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const EXECUTION_MODES = ["single-instance", "multiple-instances", "organization-scoped", "distributed"] as const;

const MAX_DURATION = 1e15;
const MAX_MEGABYTES = 1e9;
const VARIABLE_FORM = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ZONE_FORMS = "the name of a time zone, such as Europe/Berlin or UTC";

/**
 * `templates`: whether `${NAME}` passes where only a number, a duration or a choice can stand. A file may have it there
 * (so the JSON Schema takes it); what a run uses has been interpolated.
 */
export function manifestSchemas({ templates }: { templates: boolean }) {
  const template = v.pipe(v.string(), v.regex(/\$\{[A-Za-z_]/));
  const typed = <Schema extends v.GenericSchema>(schema: Schema, message: string): Schema =>
    templates ? (v.union([schema, template], message) as unknown as Schema) : schema;
  const matching = (pattern: RegExp, message: string) => typed(v.pipe(v.string(message), v.regex(pattern, message)), message);
  const oneOf = <const Choices extends readonly string[]>(choices: Choices) => {
    const message = `one of ${choices.join(", ")}`;
    return typed(v.picklist(choices, message), message);
  };
  const whole = (min: number, max: number) => {
    const message = `a whole number from ${min} to ${max}`;
    return typed(v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message)), message);
  };
  const number = (min: number, max: number, message = `a number from ${min} to ${max}`) =>
    typed(v.pipe(v.number(message), v.minValue(min, message), v.maxValue(max, message)), message);

  const text = v.string("a text");
  const scalar = v.union([v.string(), v.number(), v.boolean()], "a text, a number, true or false");
  const flag = typed(v.boolean("true or false"), "true or false");
  const texts = v.array(text, "a list of texts");
  const duration = typed(
    v.union(
      [
        v.pipe(v.string(DURATION_FORMS), v.regex(DURATION_PATTERN, DURATION_FORMS)),
        v.pipe(v.number(DURATION_FORMS), v.minValue(0, DURATION_FORMS), v.maxValue(MAX_DURATION, DURATION_FORMS)),
      ],
      DURATION_FORMS,
    ),
    DURATION_FORMS,
  );
  const size = typed(
    v.union(
      [
        v.pipe(v.string(SIZE_FORMS), v.regex(SIZE_PATTERN, SIZE_FORMS)),
        v.pipe(v.number(SIZE_FORMS), v.minValue(0, SIZE_FORMS), v.maxValue(MAX_MEGABYTES, SIZE_FORMS)),
      ],
      SIZE_FORMS,
    ),
    SIZE_FORMS,
  );
  const zone = matching(/^[A-Za-z][A-Za-z0-9_+/-]*$/, ZONE_FORMS);
  const jobName = matching(JOB_NAME, "a job's name: small letters, digits and hyphens, up to 64, not beginning with a hyphen");
  const argv = v.pipe(
    v.array(v.union([v.string(), v.number()], "a text"), "a list of arguments"),
    v.minLength(1, "a list of arguments that begins with the program"),
  );
  const code = mapOf(/^(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/, "an exit code from 0 to 255", oneOf(EXIT_MEANINGS));
  const variables = mapOf(VARIABLE_FORM, "a variable's name: letters, digits and _, not beginning with a digit", scalar);
  const clock = matching(/^(?:[01]?[0-9]|2[0-4]):[0-5][0-9]$/, "a time of day such as 22:30");
  const expression = matching(/^[^$\n\0]+$/, "a schedule: five or six cron fields, @daily, every 15m, or at 2026-12-01T03:00");
  const instant = matching(
    /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/,
    "an instant such as 2026-12-01 or 2026-12-01T03:00Z",
  );
  const delays = { initialDelay: v.optional(duration), maxDelay: v.optional(duration) };
  const multiplier = number(1, 1000);
  const hook = v.union([text, argv], "a shell text or a list of arguments");

  const times = {
    type: v.optional(oneOf(["cron", "interval", "once"])),
    timezone: v.optional(zone),
    startDate: v.optional(instant),
    endDate: v.optional(instant),
    maxExecutions: v.optional(whole(1, 1e9)),
    jitter: v.optional(duration),
    catchUp: v.optional(oneOf(CATCH_UPS)),
    catchUpWithin: v.optional(duration),
  };
  const scheduleForms = 'a text such as "0 3 * * *", or a map with expression';

  const fields = {
    title: v.optional(text),
    description: v.optional(text),
    version: v.optional(v.union([v.string(), v.number()], "a text")),
    category: v.optional(oneOf(CATEGORIES)),
    priority: v.optional(
      typed(
        v.union(
          [
            v.picklist(Object.keys(PRIORITIES) as (keyof typeof PRIORITIES)[], PRIORITY_FORMS),
            v.pipe(v.number(PRIORITY_FORMS), v.integer(PRIORITY_FORMS), v.minValue(1, PRIORITY_FORMS), v.maxValue(10, PRIORITY_FORMS)),
          ],
          PRIORITY_FORMS,
        ),
        PRIORITY_FORMS,
      ),
    ),
    tags: v.optional(texts),
    critical: v.optional(flag),
    uses: v.optional(v.pipe(text, v.minLength(1, "a path or the name of a shipped job"))),
    with: v.optional(freeMap()),
    command: v.optional(argv),
    shell: v.optional(v.pipe(text, v.minLength(1, "a shell's text"))),
    enabled: v.optional(flag),
    schedule: v.optional(v.union([expression, map({ ...times, expression: v.optional(expression) })], scheduleForms)),
    timeout: v.optional(duration),
    killAfter: v.optional(duration),
    idleTimeout: v.optional(duration),
    totalTimeout: v.optional(duration),
    leftovers: v.optional(oneOf(["kill", "keep"])),
    overlap: v.optional(oneOf(OVERLAPS)),
    queueLimit: v.optional(whole(0, 1e6)),
    waitTimeout: v.optional(duration),
    group: v.optional(jobName),
    scope: v.optional(oneOf(["host", "organization", "cluster"])),
    organizations: v.optional(map({ query: v.optional(text), command: v.optional(argv), column: v.optional(text) })),
    retry: v.optional(
      map({
        ...delays,
        maxRetries: v.optional(whole(0, 1000)),
        backoff: v.optional(oneOf(BACKOFFS)),
        multiplier: v.optional(multiplier),
        jitter: v.optional(number(0, 1)),
        never: v.optional(v.array(whole(0, 255), "a list of exit codes")),
      }),
    ),
    onCrash: v.optional(oneOf(["leave", "rerun"])),
    exitCodes: v.optional(code),
    expect: v.optional(
      map({
        output: v.optional(map({ match: v.optional(text), notMatch: v.optional(text) })),
        minBytes: v.optional(whole(0, 1e12)),
        minDuration: v.optional(duration),
        artifact: v.optional(map({ path: text, minSize: v.optional(size) })),
      }),
    ),
    needs: v.optional(
      v.array(
        v.union(
          [jobName, map({ job: jobName, within: v.optional(duration), wait: v.optional(duration) })],
          "a job's name, or a map with job",
        ),
        "a list of jobs",
      ),
    ),
    window: v.optional(map({ from: clock, to: clock, timezone: v.optional(zone) })),
    cwd: v.optional(text),
    env: v.optional(variables),
    envFile: v.optional(text),
    secrets: v.optional(
      mapOf(
        VARIABLE_FORM,
        "a variable's name: letters, digits and _, not beginning with a digit",
        matching(/^(?:file|env|credential):./, "file:PATH, env:NAME or credential:NAME"),
      ),
    ),
    resources: v.optional(
      map({
        maxMemory: v.optional(size),
        maxCpuTime: v.optional(duration),
        maxDiskSpace: v.optional(size),
        maxProcesses: v.optional(whole(1, 1e6)),
        concurrencyLimit: v.optional(whole(1, 1e6)),
        maxLoad: v.optional(number(0.01, 1e6)),
        minFree: v.optional(size),
      }),
    ),
    network: v.optional(flag),
    paths: v.optional(texts),
    hardening: v.optional(oneOf(HARDENINGS)),
    maxOutput: v.optional(size),
    onStart: v.optional(hook),
    onSuccess: v.optional(hook),
    onFailure: v.optional(hook),
    onFinish: v.optional(hook),
    onFailureUnit: v.optional(matching(UNIT_NAME, "the name of a unit, such as jobctl-failed@%n.service")),
    monitoring: v.optional(
      map({
        successThreshold: v.optional(number(0, 100)),
        performanceThreshold: v.optional(duration),
        retentionDays: v.optional(number(0, 36500)),
        expectWithin: v.optional(duration),
        alertOnFailure: v.optional(flag),
        alertOnSuccess: v.optional(flag),
        alertOnLongRunning: v.optional(flag),
        alertOnTimeout: v.optional(flag),
        alertOnSkip: v.optional(flag),
        alertOnRetry: v.optional(flag),
        alertOnResourceUsage: v.optional(flag),
      }),
    ),
    alerts: v.optional(v.any()),
    security: v.optional(
      map({
        allowedEnvironments: v.optional(texts),
        permissions: v.optional(texts),
        requiresAuthentication: v.optional(flag),
        runAs: v.optional(text),
      }),
    ),
    // The seed metadata's own names; seed-metadata.ts says what each means.
    id: v.optional(text),
    name: v.optional(text),
    executionMode: v.optional(oneOf(EXECUTION_MODES)),
    retryPolicy: v.optional(
      map({
        ...delays,
        maxRetries: v.optional(whole(0, 1000)),
        backoffStrategy: v.optional(oneOf(BACKOFFS)),
        backoffMultiplier: v.optional(multiplier),
      }),
    ),
    dependencies: v.optional(v.array(jobName, "a list of jobs")),
    isCritical: v.optional(flag),
    retryable: v.optional(flag),
  };
  const overlay = map(fields);
  const job = map({
    ...fields,
    schedule: v.optional(v.union([expression, map({ ...times, expression })], scheduleForms)),
    environments: v.optional(mapOf(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "an environment's name", overlay)),
  });
  const groupOrUser = mapOf(/^(?:user|group):[^\s:]+$/, "user:NAME or group:NAME", texts);
  const shared = {
    version: v.optional(v.literal(1, "1, the only version of the manifest so far")),
    env: v.optional(variables),
    channels: v.optional(freeMap()),
    access: v.optional(groupOrUser),
    groups: v.optional(mapOf(JOB_NAME, "a group's name: small letters, digits and hyphens", map({ limit: whole(1, 1e6) }))),
    defaults: v.optional(overlay),
    jobs: v.optional(mapOf(JOB_NAME, "a job's name: small letters, digits and hyphens, up to 64, not beginning with a hyphen", job)),
  };
  const manifest = map({
    ...shared,
    prefix: v.optional(matching(/^[a-z0-9-]{1,32}$/, "1 to 32 small letters, digits and hyphens")),
    timezone: v.optional(zone),
    stateDir: v.optional(text),
    envFile: v.optional(text),
    database: v.optional(text),
    mail: v.optional(text),
    history: v.optional(v.any()),
    limits: v.optional(map({ running: v.optional(whole(1, 1e6)) })),
    include: v.optional(v.union([text, texts], "a pattern such as conf.d/*.yaml, or a list of them")),
  });
  /** A file that `include` names. */
  const included = map(shared);
  return { manifest, included, job };
}

const PRIORITY_FORMS = "one of low, normal, high, critical, or a whole number from 1 to 10";
