/** What can be measured alone, with --only. */
export const CASES = ["run", "changed", "skip", "module", "history", "peers", "at-once", "memory", "fsyncs", "plan"] as const;
export type CaseName = (typeof CASES)[number];
