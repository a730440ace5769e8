import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Job } from "../../src/job.ts";
import { idleFields, idleManifestFields } from "../../src/manifest/acted-on.ts";
import type { JobFields, ManifestFile } from "../../src/manifest/schema.ts";
import { load } from "../helpers/manifest.ts";

/** A value for every field that a job may have: tsc holds the list complete. Where a field chooses, the choice that is furthest from done. */
const FIELDS = {
  title: "T",
  description: "D",
  version: 1.5,
  category: "cleanup",
  priority: "high",
  tags: ["t"],
  critical: true,
  uses: "./job",
  with: { a: 1 },
  command: ["true"],
  shell: "true",
  enabled: false,
  schedule: {
    type: "cron",
    expression: "@daily",
    timezone: "UTC",
    startDate: "2026-01-01",
    endDate: "2027-01-01",
    maxExecutions: 3,
    jitter: "1m",
    catchUp: "all",
    catchUpWithin: "2h",
  },
  timeout: "1m",
  killAfter: "1s",
  idleTimeout: "1m",
  totalTimeout: "2m",
  leftovers: "keep",
  overlap: "replace",
  queueLimit: 3,
  waitTimeout: "1m",
  group: "heavy",
  scope: "cluster",
  organizations: { query: "SELECT 1", column: "owner" },
  retry: { maxRetries: 2, backoff: "linear", initialDelay: "1s", maxDelay: "1m", multiplier: 3, jitter: 0.1, never: [3] },
  onCrash: "rerun",
  exitCodes: { 3: "skip" },
  expect: { output: { match: "a", notMatch: "b" }, minBytes: 1, minDuration: "1s", artifact: { path: "x", minSize: "1KB" } },
  needs: [{ job: "b", within: "1h", wait: "1m" }],
  window: { from: "1:00", to: "2:00", timezone: "UTC" },
  cwd: "/",
  env: { A: "1" },
  envFile: "job.env",
  secrets: { S: "env:S" },
  resources: { maxMemory: "1GB", maxCpuTime: "1m", maxDiskSpace: "1GB", maxProcesses: 9, concurrencyLimit: 2, maxLoad: 2, minFree: "1MB" },
  network: false,
  paths: ["/srv"],
  hardening: "full",
  maxOutput: "1MB",
  onStart: "true",
  onSuccess: "true",
  onFailure: "true",
  onFinish: "true",
  monitoring: {
    successThreshold: 99,
    performanceThreshold: "1m",
    retentionDays: 9,
    expectWithin: "1d",
    alertOnFailure: true,
    alertOnSuccess: true,
    alertOnLongRunning: true,
    alertOnTimeout: true,
    alertOnSkip: true,
    alertOnRetry: true,
    alertOnResourceUsage: true,
  },
  alerts: { onFailure: true },
  onFailureUnit: "jobctl-failed@%n.service",
  security: { allowedEnvironments: ["production"], permissions: ["p"], requiresAuthentication: true, runAs: "root" },
  id: "a",
  name: "A",
  executionMode: "distributed",
  retryPolicy: { maxRetries: 2, backoffStrategy: "linear", backoffMultiplier: 2, initialDelay: "1s", maxDelay: "1m" },
  dependencies: ["b"],
  isCritical: true,
  retryable: false,
  environments: { production: { enabled: true } },
} satisfies Required<{ [Field in keyof JobFields]: unknown }>;

/** What some fields can't be without. */
const NEEDED: Record<string, object> = { with: { uses: FIELDS.uses }, hardening: { network: false } };

const WORK: readonly string[] = ["uses", "with", "command", "shell"];

function jobWith(fields: object): Job {
  const work = WORK.some((name) => name in fields) ? {} : { shell: "true" };
  const file = { groups: { heavy: { limit: 2 } }, jobs: { a: { ...work, ...fields }, b: { shell: "true" } } };
  return load(JSON.stringify(file), { env: { S: "secret" }, files: { "job.env": "A=1\n" } }).jobs["a"]?.base as Job;
}

const idleIn = (fields: object): string[] => idleFields(jobWith(fields)).map(({ field, waitsFor }) => `${field} (${waitsFor})`);

it("of a job's fields nothing waits but scope: cluster and those of alerts", () => {
  const found = Object.entries(FIELDS).flatMap(([name, value]) => {
    return idleIn({ ...NEEDED[name], [name]: value }).map((idle) => `${name}: ${idle}`);
  });
  expect(found).toEqual([
    "scope: scope (cluster scope)",
    "monitoring: monitoring.successThreshold (alerts)",
    "monitoring: monitoring.performanceThreshold (alerts)",
    "monitoring: monitoring.expectWithin (alerts)",
    "monitoring: alerts (alerts)",
    "alerts: alerts (alerts)",
    "executionMode: scope (cluster scope)",
  ]);
});

it("of the manifest's own fields only channels waits for alerts, and history for cluster scope", () => {
  const fields = {
    version: 1,
    prefix: "p",
    timezone: "UTC",
    stateDir: "state",
    envFile: "all.env",
    env: { A: 1 },
    database: "sqlite:app.db",
    mail: "smtp://localhost",
    history: { url: "x" },
    channels: { ops: {} },
    access: { "user:anna": ["p"] },
    groups: { heavy: { limit: 1 } },
    limits: { running: 3 },
    defaults: { timeout: "1m" },
    include: "more/*.yaml",
    jobs: { a: { shell: "true" } },
  } satisfies Required<{ [Field in keyof ManifestFile]: unknown }>;
  const manifest = load(JSON.stringify(fields), { files: { "all.env": "", "more/a.yaml": "jobs: {}" } });
  expect(idleManifestFields(manifest).map(({ field, waitsFor }) => `${field} (${waitsFor})`)).toEqual([
    "history (cluster scope)",
    "channels (alerts)",
  ]);
});

/** The names of the fields of a value and of what is in it; those of maps whose names are the user's are left out. */
function namesIn(value: unknown, inside = ""): string[] {
  if (typeof value !== "object" || value === null || ["env", "secrets", "exitCodes", "with", "alerts"].includes(inside)) return [];
  if (Array.isArray(value)) return value.flatMap((each) => namesIn(each));
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner, name)]);
}

it("every other field of a job is read by what runs, shows or times it", () => {
  const { uses: _uses, with: _with, command: _command, ...others } = FIELDS;
  const own = Object.fromEntries(
    Object.entries(others).filter(
      ([name]) => !/^(id|name|executionMode|retryPolicy|dependencies|isCritical|retryable|environments)$/.test(name),
    ),
  );
  const readers = globSync("src/**/*.ts", { exclude: ["src/manifest/**", "src/importing/**", "src/job.ts"] });
  const words = new Set(readers.flatMap((file) => readFileSync(file, "utf8").match(/\w+/g) ?? []));
  const unread = [...new Set(namesIn(jobWith({ ...own, scope: "host", organizations: undefined })))].filter((name) => !words.has(name));
  expect(unread).toEqual(["successThreshold", "performanceThreshold", "expectWithin", "alerts"]);
});
