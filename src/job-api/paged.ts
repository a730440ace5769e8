/**
 * All rows of a query with one page in memory at a time. `read` gives the next rows in the order of their key, those whose
 * key is greater than `after`; an empty page ends.
 */
export async function* paged<Row>(key: (row: Row) => string, read: (after: string) => Promise<Row[]>): AsyncGenerator<Row> {
  for (let after = ""; ;) {
    const rows = await read(after);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield* rows;
    after = key(last);
  }
}
