import { parseArgs } from "node:util";
import type { SoakOptions } from "./soak.ts";

export const USAGE = `npm run soak -- [options]

  --seconds n   how long the storm lasts (default 600); what follows takes some seconds more
  --seed n      the manifest and the draws of an earlier storm (default: another each time)
  --jobs n      jobs of the manifest (default 300)
  --at-once n   runs at once (default 16)
  --keep        keep the folder also where all is well

example: npm run soak -- --seconds 60 --seed 4711
`;

/** Throws an Error whose message is for people. */
export function readOptions(args: readonly string[]): SoakOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "600" },
      seed: { type: "string", default: String(newSeed()) },
      jobs: { type: "string", default: "300" },
      "at-once": { type: "string", default: "16" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  return {
    seconds: count("--seconds", values.seconds),
    seed: count("--seed", values.seed),
    jobs: count("--jobs", values.jobs),
    atOnce: count("--at-once", values["at-once"]),
    keep: values.keep,
  };
}

export const newSeed = (): number => 1 + Math.floor(Math.random() * 1e6);

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${option} ${text}: write a whole number above 0`);
}
