import type { CommandContext, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { manifestOptions } from "./manifest-options.ts";
import { runCall } from "./run-call.ts";
import { comesBetweenSlots, isByHand, slotsToServe } from "./wake-up.ts";

/** `jobctl run <job>`, with --help the description of that job, or with --due whatever job missed a slot. */
export async function runOrDescribe(
  { job, due, help, ...options }: Omit<RunOptions, "job"> & { job?: string; due: boolean; help?: boolean },
  context: CommandContext,
): Promise<number> {
  if (due && job === undefined) {
    refuseIgnored(options);
    return (await import("./run-due.ts")).runDue(options, context);
  }
  if (due || job === undefined) throw new JobctlError("usage", "run takes the name of one job, or --due; jobctl list shows the jobs");
  if (!help) return run({ ...options, job }, context);
  const { describeJob } = await import("./describe-job.ts");
  return describeJob({ ...options, job }, context);
}

/** They would change a run by hand; what was missed is run as a timer would have run it. */
function refuseIgnored({ set, force, dryRun, scheduledFor, org, quiet, verbose }: Omit<RunOptions, "job">): void {
  const given = { "--set": set.length > 0, "--force": force, "--dry-run": dryRun, "--scheduled-for": scheduledFor !== undefined };
  const ignored = Object.entries({ ...given, "--org": org?.length, "--quiet": quiet, "--verbose": verbose }).find(([, isGiven]) => isGiven);
  if (ignored)
    throw new JobctlError("usage", `--due takes no ${ignored[0]}: it runs what was missed as a timer would have; jobctl status shows it`);
}

/** Runs a job. A timer's wake-up between two slots ends before what a run needs is loaded. */
export async function run(options: RunOptions, context: CommandContext): Promise<number> {
  const manifest = await openManifest({ ...manifestOptions(options, context), job: options.job });
  const call = runCall(manifest, options, context);
  const slots = await slotsToServe(call);
  const isIdle = slots !== undefined && comesBetweenSlots(call, slots);
  if (isIdle && !(await isByHand(call))) return EXIT.ok;
  const { startRun } = await import("./start-run.ts");
  return startRun(call, isIdle ? undefined : slots);
}
