import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface ShowOptions extends GlobalOptions {
  run: string;
  json: boolean;
}

export async function show(_options: ShowOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
