import type { SelectQueryBuilder } from "kysely";

/** How many rows a query finds: `await countOf(db.selectFrom("users").where("status", "=", "active"))`. */
export async function countOf<Tables, From extends keyof Tables>(query: SelectQueryBuilder<Tables, From, unknown>): Promise<number> {
  const row = (await query.select(({ fn }) => fn.countAll<number>().as("amount")).executeTakeFirst()) as
    { amount: number | string } | undefined;
  return Number(row?.amount ?? 0);
}
