import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonDocument, jsonLines, runJson } from "../output/json.ts";
import { renderHistory } from "../output/run-table.ts";
import { styleFor } from "../output/style.ts";
import type { Run, RunStatus } from "../run.ts";
import { FAILED, findRuns } from "../views/runs.ts";
import { why } from "../views/why.ts";
import { openPastRuns } from "./open-history.ts";
import { parseWhen } from "./when.ts";

export interface HistoryOptions extends GlobalOptions {
  job?: string;
  /** The parts of runs that were for this organization, in place of whole runs. */
  org?: string;
  failed: boolean;
  status?: RunStatus[];
  since?: string;
  until?: string;
  limit: number;
  json: boolean;
  ndjson: boolean;
}

export async function history(options: HistoryOptions, context: CommandContext): Promise<number> {
  const { job, limit } = options;
  const past = await openPastRuns(options, context);
  if (job !== undefined) past.assertKnown(job);
  const clock = { now: context.now(), zone: past.zoneOf(job) };
  const question = {
    job,
    organization: options.org,
    limit,
    statuses: wantedStatuses(options),
    since: options.since === undefined ? undefined : parseWhen(options.since, { option: "--since", ...clock }),
    until: options.until === undefined ? undefined : parseWhen(options.until, { option: "--until", ...clock }),
  };
  const runs = past.reader ? findRuns(past.reader, question, past.supervision) : [];
  past.reader?.close();
  await printRuns(runs, options, context, past.zoneOf);
  for (const sentence of past.pausedNow(job)) context.stderr.write(`jobctl: ${sentence}\n`);
  return EXIT.ok;
}

/** Both options together mean either. */
function wantedStatuses({ failed, status }: HistoryOptions): RunStatus[] | undefined {
  return failed || status ? [...new Set([...(failed ? FAILED : []), ...(status ?? [])])] : undefined;
}

async function printRuns(
  runs: readonly Run[],
  options: HistoryOptions,
  { stdout, stderr, env, now }: CommandContext,
  zoneOf: (job: string) => string,
): Promise<void> {
  if (runs.length === 0) stderr.write(`${nothingFound(options)}\n`);
  if (options.ndjson) return stdout.write(jsonLines(runs.map(runJson)));
  if (options.json) return stdout.write(jsonDocument(runs.map(runJson)));
  if (runs.length === 0) return;
  stdout.write(renderHistory(runs, { width: stdout.columns, style: await styleFor(stdout, env), now: now(), zoneOf, why }));
  if (runs.length === options.limit && stdout.isTerminal && stderr.isTerminal) {
    stderr.write((await styleFor(stderr, env)).dim(`the newest ${runs.length}; --limit shows more\n`));
  }
}

function nothingFound({ job, org, failed, status, since, until }: HistoryOptions): string {
  const ofJob = `${job === undefined ? "" : ` of ${job}`}${org === undefined ? "" : ` for the organization ${org}`}`;
  if (failed || status || since || until) return `no run${ofJob} matches`;
  if (org !== undefined) return `no runs${ofJob} yet`;
  return `no runs${ofJob} yet; start one: jobctl run ${job ?? "<job>"}`;
}
