import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface NewJobOptions extends GlobalOptions {
  job: string;
  javascript: boolean;
  category: string;
}

export async function newJob(_options: NewJobOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
