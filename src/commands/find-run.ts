import { JobctlError } from "../errors.ts";
import type { Run } from "../run.ts";
import { findRun, namesOneRun } from "../views/runs.ts";
import type { PastRuns } from "./open-history.ts";

/** The run of that number or key, or the latest one of the job of that name. Throws JobctlError("usage") where there is none. */
export function theRun(past: PastRuns, numberOrJob: string, which: "any" | "begun"): Run {
  const run = past.reader && findRun(past.reader, { numberOrJob, which }, past.supervision);
  if (run) return run;
  if (namesOneRun(numberOrJob)) {
    throw new JobctlError("usage", `there is no run ${numberOrJob} (any more); jobctl history lists those there are`);
  }
  past.assertKnown(numberOrJob);
  throw new JobctlError("usage", `there is no run of ${numberOrJob} yet; start one: jobctl run ${numberOrJob}`);
}
