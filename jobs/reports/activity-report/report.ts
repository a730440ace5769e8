import type { Compliance } from "./compliance.ts";
import type { Numbers } from "./numbers.ts";

/** A whole report: the JSON file, `reports.data`, and what the page shows. */
export interface Report extends Numbers {
  /** Monthly reports only. */
  compliance: Compliance | null;
  generatedAt: string;
  job: string;
  runId: number | null;
}
