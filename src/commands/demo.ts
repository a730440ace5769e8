import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface DemoOptions extends GlobalOptions {
  users: number;
  directory: string;
}

export async function demo(_options: DemoOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
