import { JobctlError } from "../../../errors.ts";
import type { Scope, Tenancy } from "./tenancy.ts";

/** What a query is judged by. */
export interface Guard {
  scope: Scope;
  tenancy: Tenancy;
}

export function refused({ organization }: Scope, why: string): JobctlError {
  return new JobctlError("config", `this query was not run, since the run is for the organization ${organization} alone: ${why}`);
}
