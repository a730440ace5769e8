import type { CommandContext, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export async function runOrDescribe(options: RunOptions & { help?: boolean }, context: CommandContext): Promise<number> {
  if (options.help) throw new JobctlError("bug", "being built");
  return run(options, context);
}

export async function run(_options: RunOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
