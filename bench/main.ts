/** What performance means here, measured against peers in one run: `npm run bench -- --help`. */
import { writeFileSync } from "node:fs";
import { createArena, MANIFEST_YOUNG_MS, type Arena } from "./arena.ts";
import type { CaseName } from "./cases.ts";
import { atOnce } from "./cases/at-once.ts";
import { features } from "./cases/features.ts";
import { fsyncs } from "./cases/fsyncs.ts";
import { history } from "./cases/history.ts";
import { memory } from "./cases/memory.ts";
import { peers } from "./cases/peers.ts";
import { plan } from "./cases/plan.ts";
import { changed, module, oneOfMany, run, skip, wakeUp } from "./cases/runs.ts";
import { type Contest, LeftOut, type Measure, type Prepare } from "./contest.ts";
import { machine } from "./machine.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { measureInRounds, type Standing } from "./rounds.ts";
import { type Row, verdict } from "./rows.ts";
import { renderTable } from "./table.ts";

const CONTESTS: Partial<Record<CaseName, Prepare>> = {
  run,
  "one-of-many": oneOfMany,
  features,
  changed,
  skip,
  "wake-up": wakeUp,
  module,
  history,
  peers,
};
const ALONE: Partial<Record<CaseName, Measure>> = { "at-once": atOnce, memory, fsyncs, plan };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return void process.stdout.write(USAGE);
  const where = machine();
  const arena = createArena();
  try {
    const { rows, standings } = await measureContests(arena, options);
    const more = await measureAlone(arena, options);
    const all = [...rows, ...more];
    const verdicts = all.map((row) => ({ ...row, verdict: verdict(row) }));
    const { rounds, repeat } = options;
    writeFileSync(options.json, `${JSON.stringify({ ...where, rounds, repeat, rows: verdicts, standings }, null, 2)}\n`);
    process.stdout.write(renderTable(all, where));
    process.stderr.write(`written: ${options.json}\n`);
  } finally {
    arena.remove();
  }
}

async function measureContests(arena: Arena, options: BenchOptions): Promise<{ rows: Row[]; standings: Standing[] }> {
  const contests: Contest[] = [];
  try {
    for (const name of options.only) contests.push(...(await prepared(CONTESTS[name], arena, options)));
    if (contests.length === 0) return { rows: [], standings: [] };
    await new Promise((resolve) => void setTimeout(resolve, MANIFEST_YOUNG_MS));
    const standings = measureInRounds({
      contestants: contests.flatMap(({ contestants }) => contestants),
      baseline: { name: "node -e 0", script: arena.node("-e", "0") },
      rounds: options.rounds,
      repeat: options.repeat,
      env: arena.env,
      told: (round) => process.stderr.write(`round ${round} of ${options.rounds}\n`),
    });
    const of = ({ name }: { name: string }): Standing => standings.find((each) => each.name === name) as Standing;
    return { rows: contests.flatMap((contest) => contest.rows(of)), standings };
  } finally {
    for (const { end } of contests) await end?.();
  }
}

async function prepared(prepare: Prepare | undefined, arena: Arena, options: BenchOptions): Promise<Contest[]> {
  return prepare === undefined ? [] : [await prepare(arena, options)];
}

async function measureAlone(arena: Arena, options: BenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of options.only) {
    try {
      rows.push(...((await ALONE[name]?.(arena, options)) ?? []));
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      process.stderr.write(`left out: ${error.message}\n`);
    }
  }
  return rows;
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
