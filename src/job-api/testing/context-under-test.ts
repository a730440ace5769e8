import { resolve } from "node:path";
import type { Json } from "../../job.ts";
import { type ContextRoom, createContext, type RunFacts } from "../create-context.ts";
import { openJobDatabase } from "../database/job-database.ts";
import { MEMORY, type MemoryDatabase } from "../database/memory-database.ts";
import { openScope } from "../database/scope/open-scope.ts";
import type { JobDefinition } from "../define-job.ts";
import { openFolder } from "../files/folder.ts";
import type { Logger } from "../job-context.ts";
import { keepingTransport } from "../mail/keeping-transport.ts";
import { openMailer } from "../mail/mailer.ts";
import type { PastRun, PastRuns } from "../past-runs.ts";
import { readParams } from "../read-params.ts";
import type { Kept, LogLine, RunJobOptions } from "./job-run.ts";

export type Asked = RunJobOptions & { facts: RunFacts; database: MemoryDatabase; signal: AbortSignal };

/** The context of a run, with a clock that stands still. Throws JobctlError (config) for parameters that are wrong. */
export function contextUnderTest(job: JobDefinition, asked: Asked, { logs, progress, mails }: Kept): ContextRoom {
  const { facts, database, signal, params = {}, pastRuns = [] } = asked;
  return createContext(facts, readParams(job.params ?? {}, params as Record<string, Json>), {
    signal,
    elapsed: () => 0,
    logger: () => keepingLogger(logs),
    openDatabase: (url, { dryRun, organization }) => {
      const scope = organization === null ? undefined : { organization, column: "organization_id", open: openScope };
      const options = { readOnly: dryRun, applicationName: "jobctl test", environment: {}, connection: database.connection, scope };
      return { ...openJobDatabase(url, options), close: async () => {} };
    },
    openFolder,
    openMailer: (url, ports) => openMailer(url, { ...ports, openTransport: () => keepingTransport(mails) }),
    readHistory: (_, wanted) => pastRuns.filter(isWanted(wanted)).slice(0, wanted.limit ?? 1000),
    progress: (done, total, text) => void progress.push({ done, total, text }),
  });
}

/** Throws a TypeError for what is no instant. */
export function factsOf(asked: RunJobOptions): RunFacts {
  const { job = "job-under-test", attempt = 1, previousError = null, organization = null, dryRun = false, folder = "." } = asked;
  const { now = new Date(), scheduledFor = now, previousSlot } = asked;
  return {
    job,
    attempt,
    previousError,
    organization,
    dryRun,
    runKey: "run-under-test",
    runId: null,
    now: millisecondsOf(now, "now"),
    scheduledFor: millisecondsOf(scheduledFor, "scheduledFor"),
    previousSlot: previousSlot === undefined ? null : millisecondsOf(previousSlot, "previousSlot"),
    database: MEMORY,
    mail: "smtp://localhost?from=jobs@example.com",
    folder: resolve(folder),
    stateDir: "in memory",
  };
}

function millisecondsOf(instant: Date | string, option: string): number {
  const milliseconds = new Date(instant).getTime();
  if (!Number.isNaN(milliseconds)) return milliseconds;
  throw new TypeError(`${option}: ${JSON.stringify(instant)} is no instant such as "2026-01-31T00:00:00Z"`);
}

function keepingLogger(logs: LogLine[]): Logger {
  const at =
    (level: LogLine["level"]): Logger["info"] =>
    (message, fields = {}) =>
      void logs.push({ level, message, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function isWanted({ job, statuses, since, until }: PastRuns): (run: PastRun) => boolean {
  return (run) =>
    (job === undefined || run.job === job) &&
    (statuses?.includes(run.status) ?? true) &&
    run.startedAt >= (since?.getTime() ?? -Infinity) &&
    run.startedAt < (until?.getTime() ?? Infinity);
}
