import { createContext } from "../../src/job-api/create-context.ts";
import type { JobDefinition } from "../../src/job-api/define-job.ts";
import { openJobDatabase } from "../../src/job-api/database/job-database.ts";
import { openScope } from "../../src/job-api/database/scope/open-scope.ts";
import { readHistory } from "../../src/running/host/read-history.ts";
import { openFolder } from "../../src/job-api/files/folder.ts";
import { openMailer } from "../../src/job-api/mail/mailer.ts";
import { readParams } from "../../src/job-api/read-params.ts";
import type { Params } from "../../src/job-api/param.ts";
import type { Json } from "../../src/job.ts";
import type { TestDatabase } from "./databases.ts";
import { NOW } from "./host.ts";

export interface InProcessOptions {
  now?: number;
  mail?: string;
  dryRun?: boolean;
  organization?: string;
  params?: Record<string, Json>;
}

export interface InProcessRun {
  /** The counts, with what the job returned. */
  result: Record<string, Json>;
  /** `item: error` of each item that failed. */
  failures: string[];
  /** What the job's own check said. */
  skipped?: string;
}

/** Runs a job without a process of its own, for tests of many runs after one another. */
export async function runInProcess<Schema extends Params>(
  job: JobDefinition<Schema>,
  { url }: Pick<TestDatabase, "url">,
  { now = NOW, mail, dryRun = false, organization, params = {} }: InProcessOptions = {},
): Promise<InProcessRun> {
  const facts = { now, scheduledFor: now, database: url, mail: mail ?? null, dryRun, organization: organization ?? null };
  const room = createContext({ ...FACTS, ...facts }, readParams(job.params ?? ({} as Schema), params), {
    signal: new AbortController().signal,
    logger: () => SILENT,
    openDatabase: (database) =>
      openJobDatabase(database, {
        readOnly: dryRun,
        applicationName: "test",
        environment: {},
        scope: organization === undefined ? undefined : { organization, column: "organization_id", open: openScope },
      }),
    openFolder,
    openMailer,
    readHistory,
    progress: SILENT.debug,
  });
  try {
    const context = room.context as Parameters<typeof job.run>[0];
    const may = (await job.check?.(context)) ?? true;
    if (typeof may === "string") return { result: {}, failures: [], skipped: may };
    const result = await job.run(context);
    const failures = (room.verdict(100)?.failures ?? []) as { item: string; error: string }[];
    return {
      result: { ...room.counts(), ...(result as Record<string, Json>) },
      failures: failures.map(({ item, error }) => `${item}: ${error}`),
    };
  } finally {
    await room.close();
  }
}

const FACTS = { job: "test", runKey: "test-run", runId: null, previousSlot: null, attempt: 1, previousError: null, folder: "/" };

function quiet(): void {}

const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };
