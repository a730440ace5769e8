/** What can be measured alone, with --only. */
export const CASES = [
  "run",
  "one-of-many",
  "features",
  "changed",
  "skip",
  "wake-up",
  "module",
  "history",
  "peers",
  "at-once",
  "memory",
  "fsyncs",
  "plan",
] as const;
export type CaseName = (typeof CASES)[number];
