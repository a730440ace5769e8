import type { Compilable, Kysely } from "kysely";
import type { AppDatabase } from "../../../src/job-api/database/app-tables.ts";
import { type GuardedDatabase, openGuarded } from "../../../src/job-api/database/open-guarded.ts";
import { openScope } from "../../../src/job-api/database/scope/open-scope.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { addUsers } from "../../helpers/people.ts";

export type Db = Kysely<AppDatabase>;
export type Query = (db: Db) => Compilable<any> & { execute(): Promise<unknown> };
export const ORG = "acme";
const at = "2026-01-01T00:00:00.000Z";
export const NEW_USER = { id: "n", email: "n@example.com", created_at: at };

export const guarded = ({ url }: Pick<TestDatabase, "url">, column = "organization_id"): GuardedDatabase =>
  openGuarded(url, { readOnly: false, applicationName: "test", scope: { organization: ORG, column, open: openScope } });

/** Acme's Ann and Ben, Beta's Bob, and Zoe of nobody; a session each of Ann and Bob; a project with a vote for both organizations. */
export async function fill(data: TestDatabase): Promise<void> {
  const { db } = data;
  for (const id of [ORG, "beta"]) await db.insertInto("organizations").values({ id, name: id }).execute();
  await addUsers(data, { ann: { organization_id: ORG }, ben: { organization_id: ORG }, bob: { organization_id: "beta" }, zoe: {} });
  for (const user_id of ["ann", "bob"])
    await db
      .insertInto("sessions")
      .values({ id: `s-${user_id}`, user_id, created_at: at, expires_at: at })
      .execute();
  for (const [letter, organization_id] of [
    ["a", ORG],
    ["b", "beta"],
  ] as const) {
    await db
      .insertInto("projects")
      .values({ id: `p-${letter}`, title: "P", organization_id })
      .execute();
    await db
      .insertInto("upvotes")
      .values({ id: `v-${letter}`, project_id: `p-${letter}`, user_id: "ann" })
      .execute();
  }
  await db.insertInto("health_checks").values({ id: "h", checked_at: at, component: "c", status: "ok" }).execute();
}
