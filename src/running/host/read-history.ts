import { openHistoryReader } from "../../history/queries.ts";
import type { PastRun, PastRuns } from "../../job-api/past-runs.ts";

/** The runs that a job asks for. Throws JobctlError (unavailable) for a history that can't be read. */
export function readHistory(stateDir: string, { since, until, limit = 1000, ...wanted }: PastRuns): PastRun[] {
  const reader = openHistoryReader(stateDir);
  if (!reader) return [];
  try {
    return reader.runs({ ...wanted, since: since?.getTime(), until: until?.getTime(), limit });
  } finally {
    reader.close();
  }
}
