import type { CommandContext, RunOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { manifestOptions } from "./manifest-options.ts";
import { comesBetweenSlots } from "./wake-up.ts";

/** `jobctl run <job>` as timers call it. A wake-up between two slots ends before the rest of `run` is loaded. */
export async function runFast(options: RunOptions, context: CommandContext): Promise<number> {
  const manifest = await openManifest(manifestOptions(options, context));
  if (await comesBetweenSlots(manifest, options, context)) return EXIT.ok;
  const { runJobOf } = await import("./run.ts");
  return runJobOf(manifest, options, context);
}
