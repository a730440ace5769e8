import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError, JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openHistoryReader, type HistoryReader } from "../history/queries.ts";
import { jsonDocument, runJson } from "../output/json.ts";
import { runLine } from "../output/run-line.ts";
import { styleFor } from "../output/style.ts";
import type { Run } from "../run.ts";
import { describeCancel, removeCancelRequest, writeCancelRequest } from "../running/cancel-request.ts";
import { callerName } from "../system/caller.ts";
import type { Holder } from "../running/job-lock.ts";
import { endOrphan } from "../running/orphans.ts";
import { isRunning, signalProcess } from "../system/processes.ts";
import { sleep } from "../system/wait.ts";
import { openBook } from "./open-book.ts";
import { formatDuration } from "../units.ts";
import { why } from "../views/why.ts";
import { findRunsAtWork, type FoundRun } from "./find-running.ts";
import { assertOwnStateDir } from "./run-state-dir.ts";

export interface CancelOptions extends GlobalOptions {
  /** A job's name, for all of its runs, or a run's number. */
  run: string;
  reason?: string;
  /** Milliseconds to wait for the end; by default what the job's own killAfter allows. */
  timeout?: number;
  json: boolean;
}

/** Beyond killAfter: leftovers have as long again, and the record must be written. */
const MARGIN_MS = 10_000;
const POLL_MS = 50;

/** What became of one run. */
interface Cancelled {
  holder: Holder;
  ended: boolean;
  run: Run | undefined;
}

/** Ends what runs, by TERM, grace and KILL, and tells how it ended. 0 also when nothing runs; 75 when a run did not end in time. */
export async function cancel(options: CancelOptions, context: CommandContext): Promise<number> {
  const { stateDir, runs, over } = await findRunsAtWork(options.run, options, context);
  assertOwnStateDir(stateDir, context);
  const ends = await Promise.all(runs.map((run) => cancelOne(run, { stateDir, options, context })));
  if (options.json) context.stdout.write(jsonDocument({ runs: ends.map(cancelledJson) }));
  else await tell(ends, { over, options, context });
  return ends.every(({ ended }) => ended) ? EXIT.ok : EXIT["try-later"];
}

interface Call {
  stateDir: string;
  options: CancelOptions;
  context: CommandContext;
}

async function cancelOne({ holder, isOrphan }: FoundRun, call: Call): Promise<Cancelled> {
  const { stateDir, options, context } = call;
  const request = { by: callerName(context.env, context.uid), reason: options.reason ?? null };
  if (isOrphan) {
    await endOrphan(holder);
    const book = openBook({ stateDir, now: context.now, warn: warnTo(context) });
    const what = `its supervisor was killed; what it had left behind was ended ${describeCancel(request)}`;
    book.markCrashed(holder.key, what, context.now());
    return { holder, ended: !holder.child || !isRunning(holder.child), run: readEnd(stateDir, holder) };
  }
  leaveRequest(holder, request, call);
  if (!signalProcess(holder.supervisor, "SIGTERM") && isRunning(holder.supervisor)) {
    removeCancelRequest(stateDir, holder.key);
    throw new JobctlError(
      "denied",
      `run ${holder.runId ?? holder.key} of ${holder.job} belongs to another user: pid ${holder.supervisor.pid} can't be ended; call as that user or as root`,
    );
  }
  const ended = await hasEnded(holder, options.timeout ?? 2 * holder.killAfter + MARGIN_MS);
  removeCancelRequest(stateDir, holder.key);
  return { holder, ended, run: readEnd(stateDir, holder) };
}

/** Without the file the run is cancelled all the same, and its record only knows the signal. */
function leaveRequest({ key }: Holder, request: { by: string; reason: string | null }, { stateDir, context }: Call): void {
  try {
    writeCancelRequest(stateDir, key, request);
  } catch (error) {
    warnTo(context)(`the record will not say who cancelled (${error instanceof Error ? error.message : String(error)})`);
  }
}

async function hasEnded({ supervisor }: Holder, timeout: number): Promise<boolean> {
  for (const deadline = performance.now() + timeout; isRunning(supervisor); await sleep(POLL_MS)) {
    if (performance.now() >= deadline) return false;
  }
  return true;
}

/** The run is over, whatever the history can tell of it. */
function readEnd(stateDir: string, { key }: Holder): Run | undefined {
  let reader: HistoryReader | undefined;
  try {
    reader = openHistoryReader(stateDir);
    return reader?.byKey(key);
  } catch (error) {
    if (isJobctlError(error)) return undefined;
    throw error;
  } finally {
    reader?.close();
  }
}

const warnTo =
  ({ stderr }: CommandContext) =>
  (text: string): void =>
    stderr.write(`jobctl: ${text}\n`);

function cancelledJson({ holder, ended, run }: Cancelled): object {
  return { job: holder.job, id: run?.id ?? holder.runId, key: holder.key, ended, run: run ? runJson(run) : null };
}

async function tell(
  ends: readonly Cancelled[],
  { over, options, context }: Omit<Call, "stateDir"> & { over: Run | undefined },
): Promise<void> {
  const style = await styleFor(context.stdout, context.env);
  if (over) context.stdout.write(`nothing to cancel: ${runLine(over, why(over), style)}\n`);
  else if (ends.length === 0) context.stdout.write(`nothing to cancel: ${options.run} does not run\n`);
  for (const { holder, ended, run } of ends) {
    const name = holder.runId === null ? holder.job : `run ${holder.runId} of ${holder.job}`;
    if (!ended) {
      const timeout = formatDuration(options.timeout ?? 2 * holder.killAfter + MARGIN_MS);
      context.stdout.write(`${name} was asked to end and still runs after ${timeout}: pid ${holder.supervisor.pid}\n`);
    } else if (run) context.stdout.write(`${runLine(run, why(run), style)}\n`);
    else
      context.stdout.write(
        `${name} ended${holder.waitsFor ? ` while it waited for ${holder.waitsFor}` : "; the history does not tell how"}\n`,
      );
  }
}
