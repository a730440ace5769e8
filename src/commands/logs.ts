import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface LogsOptions extends GlobalOptions {
  run: string;
  follow: boolean;
  stderr: boolean;
  timestamps: boolean;
}

export async function logs(_options: LogsOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
