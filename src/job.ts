/** Any value that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export const CATEGORIES = [
  "maintenance",
  "data-processing",
  "notification",
  "analytics",
  "integration",
  "cleanup",
  "backup",
  "monitoring",
] as const;
export type Category = (typeof CATEGORIES)[number];

export const PRIORITIES = { low: 1, normal: 5, high: 8, critical: 10 } as const;

export const OVERLAPS = ["skip", "wait", "replace", "allow"] as const;
export type Overlap = (typeof OVERLAPS)[number];

export const CATCH_UPS = ["none", "last", "all"] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** What runs: an argument vector, a shell's text (asked for, never implied), or a module with its parameters. */
export type Work =
  | { kind: "command"; argv: [string, ...string[]] }
  | { kind: "shell"; script: string }
  | { kind: "module"; uses: string; with: Record<string, Json> };

/** When it runs, as the manifest says it; `schedule/` turns the text into occurrences. Instants are ISO 8601 UTC. */
export interface ScheduleSpec {
  type: "cron" | "interval" | "once";
  expression: string;
  /** An IANA zone name. */
  timezone: string;
  startDate?: string;
  endDate?: string;
  maxExecutions?: number;
  /** Milliseconds. */
  jitter?: number;
  catchUp: CatchUp;
  /** Milliseconds. */
  catchUpWithin: number;
}

export const BACKOFFS = ["fixed", "linear", "exponential"] as const;

/** Delays in milliseconds. */
export interface RetryPolicy {
  maxRetries: number;
  backoff: (typeof BACKOFFS)[number];
  initialDelay: number;
  maxDelay?: number;
  multiplier: number;
  /** Share of each delay that is random, 0 to 1. */
  jitter: number;
  /** Exit codes that are never retried. */
  never: number[];
}

export const EXIT_MEANINGS = ["ok", "warn", "retry", "skip", "fail"] as const;
export type ExitMeaning = (typeof EXIT_MEANINGS)[number];

/** What the run's end must show besides its exit code; sizes in bytes, durations in milliseconds, patterns as source text. */
export interface Expectation {
  output?: { match?: string; notMatch?: string };
  minBytes?: number;
  minDuration?: number;
  artifact?: { path: string; minSize: number };
}

/** Bytes, milliseconds and counts. */
export interface Resources {
  maxMemory?: number;
  maxCpuTime?: number;
  /** What the run may write. */
  maxDiskSpace?: number;
  maxProcesses?: number;
  concurrencyLimit?: number;
  /** Load average of one minute, per core. */
  maxLoad?: number;
  /** Free bytes that the state directory's and the job folder's file systems must have. */
  minFree?: number;
}

/** Maintenance hours, half-open: from <= local time < to; may pass midnight. `HH:MM`. */
export interface Window {
  from: string;
  to: string;
  timezone: string;
}

export interface Need {
  job: string;
  /** Milliseconds. */
  within: number;
  /** Milliseconds. */
  wait: number;
}

/** Commands that run beside the job: before its first attempt, and once it has ended. */
export const HOOKS = ["onStart", "onSuccess", "onFailure", "onFinish"] as const;
export type HookName = (typeof HOOKS)[number];
/** How long a hook may run, in milliseconds, and how long it then has between TERM and KILL. */
export const HOOK_TIMEOUT = 30_000;
export const HOOK_KILL_AFTER = 5000;

/** What `onFailureUnit` takes: a unit's name, in which %n, %N and %p stand for the one that failed (systemd.unit(5), SPECIFIERS). */
export const UNIT_NAME = /^(?:[A-Za-z0-9:_.@-]|%[nNp])+\.(?:service|target)$/;

export const HARDENINGS = ["base", "full", "off"] as const;

/** Where the organizations of `scope: organization` come from, and the column that tells whose a row of the database is. */
export type Organizations = ({ query: string; command?: undefined } | { query?: undefined; command: [string, ...string[]] }) & {
  column?: string;
};

/** One job, normalized: defaults applied, durations in milliseconds, sizes in bytes. Strings may still hold `${NAME}` until resolved. */
export interface Job {
  name: string;
  title?: string;
  description?: string;
  version?: string;
  category?: Category;
  /** 1 (low) to 10 (critical). */
  priority: number;
  tags: string[];
  critical: boolean;
  work: Work;
  enabled: boolean;
  schedule?: ScheduleSpec;
  timeout?: number;
  killAfter: number;
  idleTimeout?: number;
  totalTimeout?: number;
  leftovers: "kill" | "keep";
  overlap: Overlap;
  queueLimit?: number;
  waitTimeout?: number;
  group?: string;
  scope: "host" | "organization" | "cluster";
  organizations?: Organizations;
  retry: RetryPolicy;
  onCrash: "leave" | "rerun";
  /** Keys are exit codes as text. */
  exitCodes: Record<string, ExitMeaning>;
  expect?: Expectation;
  needs: Need[];
  window?: Window;
  /** Relative to the manifest's folder. */
  cwd?: string;
  env: Record<string, string>;
  envFile?: string;
  /** Name to `file:PATH`, `env:NAME` or `credential:NAME`. */
  secrets: Record<string, string>;
  resources: Resources;
  network: boolean;
  paths: string[];
  hardening: (typeof HARDENINGS)[number];
  /** Bytes of output kept. */
  maxOutput: number;
  /** A shell's text or an argument vector. */
  hooks?: Partial<Record<HookName, string | [string, ...string[]]>>;
  /** The unit that systemd starts when a run in a unit has failed. */
  onFailureUnit?: string;
  monitoring: {
    successThreshold?: number;
    performanceThreshold?: number;
    retentionDays: number;
    expectWithin?: number;
  };
  security: {
    allowedEnvironments?: string[];
    permissions: string[];
    requiresAuthentication: boolean;
    runAs?: string;
  };
  alerts?: Json;
  /** Where the entry begins, for messages: `jobs/manifest.yaml:14:3`. */
  place: string;
}

/** The whole manifest, normalized and still uninterpolated. This is also what the compiled copy holds, as JSON. */
export interface Manifest {
  /** Absolute path of the file that was asked for. */
  path: string;
  /** Tells one state of the files from another: a quick hash over every file read, 13 hex digits. */
  digest: string;
  prefix: string;
  timezone: string;
  stateDir?: string;
  envFile?: string;
  env: Record<string, string>;
  database?: string;
  mail?: string;
  access: Record<string, string[]>;
  groups: Record<string, { limit: number }>;
  limits: { running?: number };
  channels?: Json;
  history?: Json;
  jobs: Record<string, JobVariants>;
}

/** A job as it stands, and as each environment's overlay makes it. */
export interface JobVariants {
  base: Job;
  environments: Record<string, Job>;
}
