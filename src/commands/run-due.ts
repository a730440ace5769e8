import { join } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { openHistoryReader } from "../history/queries.ts";
import type { Job } from "../job.ts";
import { jobSlots } from "../schedule/job-slots.ts";
import { runProgram } from "../system/run-program.ts";
import { lookAtTimerSet } from "./timer-source.ts";

/** A machine that starts has other work to do, too. */
const AT_ONCE = 4;

/**
 * At boot, where cron pulls the trigger: starts every job that missed a slot while the machine was off, the most important
 * first. Ends with the exit code of the last that failed.
 */
export async function runDue(options: GlobalOptions, context: CommandContext): Promise<number> {
  const { env, nodePath, packageRoot, now } = context;
  const { source, stateDir } = await lookAtTimerSet({ ...options, user: false, system: false }, context);
  const jobs = source.timed.map(({ job }) => job);
  const waiting = dueJobs(jobs, stateDir, now()).toSorted((a, b) => b.priority - a.priority);
  const place = ["--manifest", source.manifestPath, "--state-dir", stateDir];
  let exitCode: number = EXIT.ok;
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const args = [join(packageRoot, "bin/jobctl.js"), "run", "--trigger", "boot", ...place, job.name];
      const code = await runProgram(nodePath, args, env);
      if (code !== EXIT.ok) exitCode = code;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return exitCode;
}

/** A schedule that the history has not met, or met otherwise, has missed nothing. Whether a slot is free the run itself decides. */
function dueJobs(jobs: readonly Job[], stateDir: string, now: number): Job[] {
  const reader = openHistoryReader(stateDir);
  if (reader === undefined) return [];
  const due = jobs.filter((job) => {
    if (job.schedule === undefined || job.schedule.catchUp === "none") return false;
    const slots = jobSlots(job);
    const state = reader.slots(job.name);
    return state?.definition === slots.definition && slots.due(state, now, () => false).length > 0;
  });
  reader.close();
  return due;
}
