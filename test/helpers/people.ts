import type { Insertable } from "kysely";
import type { AppDatabase } from "../../src/job-api/database/app-tables.ts";
import type { TestDatabase } from "./databases.ts";

/** Adds users by id, with an address made from it. */
export async function addUsers({ db }: TestDatabase, users: Record<string, Partial<Insertable<AppDatabase["users"]>>>): Promise<void> {
  for (const [id, user] of Object.entries(users)) {
    const row = { id, email: `${id}@example.com`, name: id, created_at: "2020-01-01T00:00:00.000Z", ...user };
    await db.insertInto("users").values(row).execute();
  }
}
