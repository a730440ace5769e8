import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError, JobctlError } from "../errors.ts";
import type { Run } from "../run.ts";
import type { Holder } from "../running/job-lock.ts";
import { runsAtWork, runsInLine } from "../running/lock-holders.ts";
import { isRunning } from "../system/processes.ts";
import { namesOneRun } from "../views/runs.ts";
import { theRun } from "./find-run.ts";
import { findPlace, openPastRuns, type PastRuns } from "./open-history.ts";

export interface FoundRun {
  holder: Holder;
  isOrphan: boolean;
}

export interface RunningSearch {
  stateDir: string;
  runs: FoundRun[];
  /** The run that was asked for by its number, where it is over. */
  over: Run | undefined;
}

/**
 * What runs of a job, or the run of that number or key. The locks tell first, since they know what runs also where the history
 * can't be read. Throws JobctlError("usage") for an unknown job or number.
 */
export async function findRunsAtWork(numberOrJob: string, options: GlobalOptions, context: CommandContext): Promise<RunningSearch> {
  const { stateDir } = await findPlace(options, context);
  const inLine = runsInLine(stateDir).map((holder) => ({ holder, isOrphan: false }));
  // Who waits for its group holds its job's lock, which knows more of it.
  const atWork = [...new Map([...inLine, ...runsAtWork(stateDir)].map((run) => [run.holder.key, run])).values()];
  const isMeant = ({ holder }: FoundRun): boolean =>
    holder.key === numberOrJob || (namesOneRun(numberOrJob) ? holder.runId === Number(numberOrJob) : holder.job === numberOrJob);
  const runs = atWork.filter(isMeant);
  if (runs.length > 0) return { stateDir, runs, over: undefined };

  const past = await openPastRuns(options, context);
  try {
    return { stateDir, ...ofHistory(past, numberOrJob, atWork) };
  } finally {
    past.reader?.close();
  }
}

function ofHistory(past: PastRuns, numberOrJob: string, atWork: readonly FoundRun[]): Omit<RunningSearch, "stateDir"> {
  const run = latestRun(past, numberOrJob);
  if (!run) return { runs: [], over: undefined };
  const known = atWork.find(({ holder }) => holder.key === run.key);
  if (known) return { runs: [known], over: undefined };
  if (run.status === "running" && run.organization !== null) throw isPart(run);
  if (run.status === "running" && isRunning(supervisorOf(run)))
    return { runs: [{ holder: holderOf(run), isOrphan: false }], over: undefined };
  return { runs: [], over: namesOneRun(numberOrJob) ? run : undefined };
}

/** One supervisor runs them all: it can't be told to end one. */
function isPart({ id, organization, parentId }: Run): JobctlError {
  const whole = parentId === null ? "another run" : `run ${parentId}`;
  const how = parentId === null ? "cancel its job" : `jobctl cancel ${parentId} ends it with the others`;
  return new JobctlError("usage", `run ${id} for ${organization} is a part of ${whole} and can't be ended alone; ${how}`);
}

/** A known job need not have run yet. */
function latestRun(past: PastRuns, numberOrJob: string): Run | undefined {
  if (!namesOneRun(numberOrJob)) past.assertKnown(numberOrJob);
  try {
    return theRun(past, numberOrJob, "begun");
  } catch (error) {
    if (isJobctlError(error) && !namesOneRun(numberOrJob)) return undefined;
    throw error;
  }
}

const supervisorOf = ({ provenance }: Run): Holder["supervisor"] => ({ pid: provenance.supervisorPid, start: provenance.supervisorStart });

/** A run whose lock file tells nothing (a full disk): the row names its supervisor. */
function holderOf(run: Run): Holder {
  const { key, id, job, startedAt, logPath } = run;
  return { key, runId: id, job, startedAt, supervisor: supervisorOf(run), command: "", logPath: logPath ?? "", killAfter: 10_000 };
}
