import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";

export interface HistoryOptions extends GlobalOptions {
  job?: string;
  failed: boolean;
  status?: string[];
  since?: string;
  until?: string;
  limit: number;
  json: boolean;
  ndjson: boolean;
}

export async function history(_options: HistoryOptions, _context: CommandContext): Promise<number> {
  throw new JobctlError("bug", "being built");
}
