import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface ListOptions extends GlobalOptions {
  category?: string;
  tag?: string;
  json: boolean;
}

export async function list(_options: ListOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
