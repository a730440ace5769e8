import type { CommandContext, RunOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { manifestOptions } from "./manifest-options.ts";
import { runCall } from "./run-call.ts";
import { comesBetweenSlots } from "./wake-up.ts";

/** Runs a job. A timer's wake-up between two slots ends before what a run needs is loaded. */
export async function run(options: RunOptions, context: CommandContext): Promise<number> {
  const call = runCall(await openManifest(manifestOptions(options, context)), options, context);
  if (await comesBetweenSlots(call)) return EXIT.ok;
  const { startRun } = await import("./start-run.ts");
  return startRun(call);
}
