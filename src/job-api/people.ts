import type { Kysely } from "kysely";
import type { AppDatabase } from "./database/app-tables.ts";

/** Whom a mail may go to. */
export interface Person {
  id: string;
  address: string;
  name: string | null;
}

/** The states of users whom mail reaches: after anonymization or deletion it reaches nobody. `where("status", "in", REACHABLE)` */
export const REACHABLE = ["active", "inactive"] as const;

/**
 * Whom to tell of what is an organization's: its active admins. What is no organization's is told to the admins who belong
 * to none; where there are none of these, to every admin.
 */
export async function adminsOf(db: Kysely<AppDatabase>, organization: string | null): Promise<Person[]> {
  const admins = db
    .selectFrom("users")
    .select(["id", "email as address", "name"])
    .where("role", "=", "admin")
    .where("status", "=", "active")
    .orderBy("id");
  if (organization !== null) return admins.where("organization_id", "=", organization).execute();
  const own = await admins.where("organization_id", "is", null).execute();
  return own.length > 0 ? own : admins.execute();
}
