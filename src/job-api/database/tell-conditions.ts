import { found } from "../param.ts";
import type { Condition } from "./conditions.ts";

/** `kind = "refresh" and revoked_at != null`, for logs and audit rows. */
export function tellConditions(all: readonly Condition[]): string {
  return all.map(({ column, comparison, value }) => `${column} ${comparison} ${found(value)}`).join(" and ");
}
