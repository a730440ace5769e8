import { Ajv } from "ajv";
import { load as parseYaml } from "js-yaml";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../helpers/manifest.ts";
import { manifestJsonSchema, manifestJsonSchemaText } from "./json-schema.ts";

const validate = new Ajv({ strict: false, allErrors: true }).compile(manifestJsonSchema());
const job = (fields: string): string => `jobs: { a: { shell: x, ${fields} } }`;

const GOOD = [
  "{}",
  "version: 1",
  "jobs: {}",
  "prefix: my-jobs-2",
  "timezone: Europe/Berlin",
  "stateDir: var/state",
  "env: { A: text, B: 1, C: true }",
  "database: sqlite:app.db",
  "mail: smtp://localhost",
  "channels: { ops: { type: email, to: [a@b.c] } }",
  "history: { url: x }",
  "access: { 'user:anna': [a], 'group:ops': [] }",
  "groups: { heavy: { limit: 2 } }",
  "limits: { running: 4 }",
  "defaults: { timeout: 5m, schedule: { timezone: UTC } }",
  "jobs: { a: { shell: x } }",
  "jobs: { a: { command: [x, 1] } }",
  "jobs: { a: { uses: ./x, with: { any: [{ deep: null }] } } }",
  job("title: T, description: D, version: 1.5, category: cleanup, priority: high, tags: [a], critical: true"),
  job("priority: 10"),
  job("schedule: '0 3 * * *'"),
  job("schedule: { type: interval, expression: every 15m, jitter: 1m, catchUp: all, catchUpWithin: 2h, maxExecutions: 3 }"),
  job("schedule: { expression: '@daily', startDate: 2026-01-01, endDate: '2027-01-01T00:00:00Z' }"),
  job("timeout: 1h30m, killAfter: 500, idleTimeout: 1.5h, totalTimeout: 0"),
  job("leftovers: keep, overlap: allow, queueLimit: 0, waitTimeout: 1m, onCrash: rerun"),
  job("scope: organization, organizations: { query: select 1 }"),
  job("retry: { maxRetries: 3, backoff: linear, initialDelay: 1m, maxDelay: 2m, multiplier: 1.5, jitter: 0.1, never: [0, 255] }"),
  job("exitCodes: { 0: ok, 7: warn, 255: fail }"),
  job("expect: { output: { match: a, notMatch: b }, minBytes: 1, minDuration: 1s, artifact: { path: x, minSize: 1MB } }"),
  "jobs: { a: { shell: x, needs: [b, { job: b, within: 1h, wait: 5m }] }, b: { shell: x } }",
  job("window: { from: '22:00', to: '4:30', timezone: UTC }"),
  job("cwd: /tmp, env: { X: 1 }, envFile: .env, secrets: { A: 'file:/a', B: env:C, D: 'credential:e' }"),
  job(
    "resources: { maxMemory: 512, maxCpuTime: 25m, maxDiskSpace: 1GB, maxProcesses: 5, concurrencyLimit: 1, maxLoad: 0.8, minFree: 5GB }",
  ),
  job("network: false, paths: [a], hardening: full, maxOutput: 1MB"),
  job("onStart: echo, onSuccess: [a, b], onFailure: x, onFinish: y"),
  job("onFailureUnit: jobctl-failed@%n.service"),
  job("monitoring: { successThreshold: 99.5, performanceThreshold: 1m, retentionDays: 7, expectWithin: 1d, alertOnFailure: true }"),
  job("alerts: [1, { a: b }]"),
  job("security: { allowedEnvironments: [production], permissions: [a], requiresAuthentication: true, runAs: app }"),
  job(
    "id: a, name: A, executionMode: distributed, retryPolicy: { maxRetries: 1, backoffStrategy: fixed, backoffMultiplier: 2 }, dependencies: [], isCritical: true, retryable: false",
  ),
  job("schedule: '@daily', environments: { production: { enabled: false, schedule: { jitter: 1m } } }"),
  job("timeout: '${T:-5m}', enabled: '${ON:-true}', priority: '${P:-7}', maxOutput: '${S:-1MB}', category: '${C:-cleanup}'"),
];

const BAD = [
  "version: 2",
  "version: '1'",
  "- a",
  "text",
  "unknown: 1",
  "prefix: Nope",
  "prefix: ''",
  "timezone: +02:00",
  "env: [a]",
  "env: []",
  "env: { 1A: x }",
  "env: { A: [x] }",
  "access: { anna: [a] }",
  "access: { 'user:anna': a }",
  "groups: { heavy: {} }",
  "groups: { heavy: { limit: 0 } }",
  "limits: { running: 1.5 }",
  "defaults: { environments: {} }",
  "include: 1",
  "jobs: []",
  "jobs: { a: null }",
  "jobs: { A: { shell: x } }",
  "jobs: { -a: { shell: x } }",
  `jobs: { ${"a".repeat(65)}: { shell: x } }`,
  "jobs: { a: { command: [] } }",
  "jobs: { a: { command: x } }",
  "jobs: { a: { command: [[x]] } }",
  "jobs: { a: { shell: '' } }",
  "jobs: { a: { uses: ./x, with: [] } }",
  job("unknown: 1"),
  job("category: other"),
  job("priority: 0"),
  job("priority: 5.5"),
  job("priority: urgent"),
  job("tags: a"),
  job("critical: yes"),
  job("schedule: ''"),
  job("schedule: 5"),
  job("schedule: { type: cron }"),
  job("schedule: { type: often, expression: '@daily' }"),
  job("schedule: { expression: '@daily', startDate: tomorrow }"),
  job("schedule: { expression: '@daily', maxExecutions: 0 }"),
  job("timeout: -1"),
  job("timeout: 5 m"),
  job("timeout: .inf"),
  job("maxOutput: 5mb"),
  job("retry: { maxRetries: -1 }"),
  job("retry: { jitter: 2 }"),
  job("onFailureUnit: jobctl-failed@%i"),
  job("onFailureUnit: a b.service"),
  job("retry: { never: [256] }"),
  job("exitCodes: { 256: ok }"),
  job("exitCodes: { 1: good }"),
  job("expect: { artifact: {} }"),
  job("needs: [{}]"),
  job("needs: a"),
  job("window: { from: '25:00', to: '04:00' }"),
  job("secrets: { A: plain }"),
  job("resources: { maxMemory: lots }"),
  job("resources: { maxLoad: 0 }"),
  job("monitoring: { successThreshold: 101 }"),
  job("security: { permissions: all }"),
  job("executionMode: exclusive"),
  job("retryPolicy: { backoff: fixed }"),
  job("environments: { production: { environments: {} } }"),
];

/** What JSON Schema can't say: rules over several fields or over the text of another language. The program alone refuses these. */
const BEYOND = [
  ["exactly one kind of work", "jobs: { a: {} }"],
  ["exactly one kind of work", "jobs: { a: { shell: x, command: [x] } }"],
  ["with only for uses", "jobs: { a: { shell: x, with: {} } }"],
  ["needs name jobs", job("needs: [b]")],
  ["needs go round in no circle", job("needs: [a]")],
  ["groups are defined", job("group: g")],
  ["schedules are read", job("schedule: '61 * * * *'")],
  ["zones exist", "timezone: Mars/Olympus"],
  ["patterns are regular expressions", job("expect: { output: { match: '(' } }")],
  ["one way to find organizations", job("organizations: {}")],
  ["windows open", job("window: { from: '01:00', to: '01:00' }")],
  ["delays are in order", job("retry: { initialDelay: 2m, maxDelay: 1m }")],
  ["full hardening has no network", job("hardening: full")],
  ["variables are set", job("timeout: '${NOT_SET}'")],
  ["one spelling of a field", job("name: A, title: B")],
  ["an id is the job's", job("id: b")],
  ["texts hold no NUL", 'prefix: a\nstateDir: "\\0"'],
  ["names that JavaScript keeps for itself", "env: { constructor: x }"],
] as const;

describe("the JSON Schema and the program", () => {
  it.each(GOOD)("both take %s", (yaml) => {
    expect({ program: problemsOf(yaml), schema: validate(parseYaml(yaml)) }).toEqual({ program: [], schema: true });
  });

  it.each(BAD)("both refuse %s", (yaml) => {
    expect({ program: problemsOf(yaml).length > 0, schema: validate(parseYaml(yaml)) }).toEqual({ program: true, schema: false });
  });

  it.each(BEYOND)("only the program knows that %s: %s", (_, yaml) => {
    expect({ program: problemsOf(yaml).length > 0, schema: validate(parseYaml(yaml)) }).toEqual({ program: true, schema: true });
  });

  it("is the file that ships (vitest -u writes it anew)", async () => {
    await expect(manifestJsonSchemaText()).toMatchFileSnapshot("../../jobs/manifest.schema.json");
  });
});
