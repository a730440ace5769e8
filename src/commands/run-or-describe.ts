import type { CommandContext, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

/** `jobctl run <job>`, with --help the description of that job, or with --due whatever job missed a slot. */
export async function runOrDescribe(
  { job, due, help, ...options }: Omit<RunOptions, "job"> & { job?: string; due: boolean; help?: boolean },
  context: CommandContext,
): Promise<number> {
  if (due && job === undefined) return (await import("./run-due.ts")).runDue(options, context);
  if (due || job === undefined) throw new JobctlError("usage", "run takes the name of one job, or --due; jobctl list shows the jobs");
  if (help) return (await import("./describe-job.ts")).describeJob({ ...options, job }, context);
  return (await import("./run.ts")).run({ ...options, job }, context);
}
