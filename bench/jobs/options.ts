import { parseArgs } from "node:util";
import { type Dialect, DIALECTS } from "../../src/job-api/database/open-database.ts";
import { count } from "../options.ts";

export const JOB_CASES = ["delete", "karma", "audit"] as const;
export type JobCaseName = (typeof JOB_CASES)[number];

export interface JobBenchOptions {
  /** Rows that a job has to work on; a tenth of it where a smaller table is compared, and as the number of users. */
  rows: number;
  only: readonly JobCaseName[];
  databases: readonly Dialect[];
  json: string;
}

export const USAGE = `npm run bench:jobs -- [options]

  --rows n         rows that a job has to work on (default 1000000; at least 1000)
  --only name      one of ${JOB_CASES.join(", ")}; may be given again (default: all)
  --database name  one of ${DIALECTS.join(", ")}; may be given again (default: both)
  --json file      where the result goes (default bench/result-jobs.json)

example: npm run bench:jobs -- --rows 20000 --only delete --database sqlite
`;

/** Throws an Error whose message is for people. */
export function readOptions(args: readonly string[]): JobBenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "1000000" },
      only: { type: "string", multiple: true, default: [] },
      database: { type: "string", multiple: true, default: [] },
      json: { type: "string", default: "bench/result-jobs.json" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const rows = count("--rows", values.rows);
  if (rows < 1000) throw new Error(`--rows ${rows}: write 1000 or more`);
  return {
    rows,
    only: chosen("--only", values.only, JOB_CASES),
    databases: chosen("--database", values.database, DIALECTS),
    json: values.json,
  };
}

function chosen<Name extends string>(option: string, given: readonly string[], names: readonly Name[]): readonly Name[] {
  if (given.length === 0) return names;
  return given.map((text) => {
    const found = names.find((name) => name === text);
    if (found) return found;
    throw new Error(`${option} ${text}: write one of ${names.join(", ")}`);
  });
}
