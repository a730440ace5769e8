import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonDocument, runJson } from "../output/json.ts";
import { runLine } from "../output/run-line.ts";
import { styleFor } from "../output/style.ts";
import type { Run } from "../run.ts";
import { runsAtWork } from "../running/lock-holders.ts";
import { exitCodeOf } from "../running/outcome.ts";
import { sleep } from "../system/wait.ts";
import { formatDuration } from "../units.ts";
import { outcomeOf } from "../views/outcome-of.ts";
import { findRun, namesOneRun } from "../views/runs.ts";
import { why } from "../views/why.ts";
import { theRun } from "./find-run.ts";
import { findPlace, openPastRuns, type PastRuns } from "./open-history.ts";

export interface WaitOptions extends GlobalOptions {
  /** A job's name, for the run that is at work or else the latest one, or a run's number. */
  run: string;
  /** Milliseconds. */
  timeout?: number;
  json: boolean;
}

const POLL_MS = 200;

/** Waits for the end of a run and ends with the exit code that its `jobctl run` ends with; 75 when --timeout is over first. */
export async function wait(options: WaitOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const wanted = await whichRun(options, context);
  const run = await endOf(wanted, options, context);
  if (!run) {
    stderr.write(`jobctl: ${options.run} still runs after ${formatDuration(options.timeout ?? 0)}\n`);
    return EXIT["try-later"];
  }
  if (options.json) stdout.write(jsonDocument(runJson(run)));
  else stderr.write(`${runLine(run, why(run), await styleFor(stderr, env))}\n`);
  const outcome = outcomeOf(run);
  return outcome ? exitCodeOf(outcome, await isOfModule(run, options, context)) : EXIT.bug;
}

/** A module's own exit code is not that of its run. A job that the manifest no longer has was one where it had parameters. */
async function isOfModule({ job, parameters }: Run, options: GlobalOptions, context: CommandContext): Promise<boolean> {
  const { manifest } = await findPlace(options, context);
  const kind = manifest?.jobs[job]?.base.work.kind;
  return kind === undefined ? parameters !== null : kind === "module";
}

/** The key of a run that is at work and may have no row yet, or the number of one that has. */
type Wanted = { job: string; key: string } | { id: number };

async function whichRun({ run, ...options }: WaitOptions, context: CommandContext): Promise<Wanted> {
  const past = await openPastRuns(options, context);
  try {
    if (namesOneRun(run)) return { id: theRun(past, run, "any").id };
    const atWork = runsAtWork(past.stateDir).filter(({ holder, isOrphan }) => holder.job === run && !isOrphan);
    const [newest] = atWork.toSorted((a, b) => b.holder.startedAt - a.holder.startedAt);
    return newest ? { job: run, key: newest.holder.key } : { id: theRun(past, run, "begun").id };
  } finally {
    past.reader?.close();
  }
}

/** Undefined when the time is over. */
async function endOf(wanted: Wanted, options: WaitOptions, context: CommandContext): Promise<Run | undefined> {
  const deadline = performance.now() + (options.timeout ?? Infinity);
  let past = await openPastRuns(options, context);
  for (;;) {
    const goesOn = "key" in wanted && runsAtWork(past.stateDir).some(({ holder }) => holder.key === wanted.key);
    const run = look(past, wanted);
    if (run && run.status !== "running") return run;
    if (!run && !goesOn) return skippedRun(past, wanted);
    if (performance.now() >= deadline) return undefined;
    await sleep(Math.min(POLL_MS, deadline - performance.now()));
    // The history may be made, or made anew, meanwhile.
    if (!run) {
      past.reader?.close();
      past = await openPastRuns(options, context);
    }
  }
}

function look({ reader, supervision }: PastRuns, wanted: Wanted): Run | undefined {
  const id = "id" in wanted ? wanted.id : reader?.byKey(wanted.key)?.id;
  return id === undefined || !reader ? undefined : findRun(reader, { numberOrJob: String(id), which: "any" }, supervision);
}

/** A run that ended without having begun has a row of its own, or is counted on the row of the same skip before it. */
function skippedRun({ reader }: PastRuns, wanted: Wanted): Run {
  const latest = "job" in wanted ? reader?.latest(wanted.job, "any") : undefined;
  if (latest?.status === "skipped") return latest;
  throw new JobctlError(
    "unavailable",
    "the run is over, and the history does not tell how it ended (its record may wait in the spool: jobctl history, later)",
  );
}
