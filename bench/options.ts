import { parseArgs } from "node:util";
import { CASES, type CaseName } from "./cases.ts";

export interface BenchOptions {
  rounds: number;
  /** Calls of each contestant in one round. */
  repeat: number;
  /** Rows of the generated history. */
  rows: number;
  only: readonly CaseName[];
  json: string;
}

export const USAGE = `npm run bench -- [options]

  --rounds n    rounds; each calls every contestant in turn (default 15)
  --repeat n    calls of a contestant in one round (default 5)
  --only name   one of ${CASES.join(", ")}; may be given again (default: all)
  --rows n      rows of the generated history (default 200000; the budget is stated for 10000000)
  --json file   where the result goes (default bench/result.json)

example: npm run bench -- --only run --only skip --rounds 31
`;

/** Throws an Error whose message is for people. */
export function readOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "15" },
      repeat: { type: "string", default: "5" },
      rows: { type: "string", default: "200000" },
      only: { type: "string", multiple: true, default: [] },
      json: { type: "string", default: "bench/result.json" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  return {
    rounds: count("--rounds", values.rounds),
    repeat: count("--repeat", values.repeat),
    rows: count("--rows", values.rows),
    only: values.only.length === 0 ? CASES : values.only.map(caseName),
    json: values.json,
  };
}

export function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} ${text}: write a whole number above 0`);
}

function caseName(text: string): CaseName {
  const found = CASES.find((name) => name === text);
  if (found) return found;
  throw new Error(`--only ${text}: write one of ${CASES.join(", ")}`);
}
