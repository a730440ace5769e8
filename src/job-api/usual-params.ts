import { duration, integer, jsonKeys, number, text, values } from "./params.ts";

/** For a job that works in batches: `params: { ...batchParams }`, then `rows.delete(params)`. */
export const batchParams = {
  batchSize: integer({
    min: 1,
    max: 100_000,
    optional: true,
    unit: "rows",
    description: "rows a batch (about 500 on SQLite, 5000 on PostgreSQL)",
  }),
  batchPause: duration({
    optional: true,
    description: "pause between batches (SQLite: as long as the batch took; PostgreSQL: none)",
  }),
  limit: integer({ min: 1, optional: true, unit: "rows", description: "stop after so many rows (all)" }),
};

/** For a job that uses `each` or `fail`. */
export const itemParams = {
  minSuccess: number({ min: 0, max: 100, default: 100, unit: "%", description: "the run fails below this share of items that succeed" }),
};

/** For a job that takes what tells of a person out of rows: `scrubRow(row, params)`, `rows.anonymize({ ...params, mark })`. */
export const scrubParams = {
  set: values({ default: {}, description: "columns that get a fixed value: {ip_address: null}" }),
  scrubJson: jsonKeys({ default: {}, description: "columns of JSON, each with the keys that go, at any depth: {metadata: [email, name]}" }),
};

/** For mail that many get: `bulk: { unsubscribe: params.unsubscribe }`. */
export const bulkMailParams = {
  unsubscribe: text({
    optional: true,
    description: "URL for List-Unsubscribe, {address} in it becomes the recipient's (a mail to the sender's own address)",
  }),
};
