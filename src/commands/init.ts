import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface InitOptions extends GlobalOptions {
  output: string;
}

export async function init(_options: InitOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
