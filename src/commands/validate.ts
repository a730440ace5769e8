import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface ValidateOptions extends GlobalOptions {
  json: boolean;
  schema: boolean;
}

export async function validate(_options: ValidateOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
