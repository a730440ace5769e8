/** What jobs on large tables cost, beside a writer and on both databases: `npm run bench:jobs -- --help`. */
import { writeFileSync } from "node:fs";
import { audit, deletions, karma } from "./jobs/cases.ts";
import { type Ground, openGround } from "./jobs/ground.ts";
import { type JobBenchOptions, type JobCaseName, readOptions, USAGE } from "./jobs/options.ts";
import { machine } from "./machine.ts";
import { type Row, verdict } from "./rows.ts";
import { renderTable } from "./table.ts";

const CASES: Record<JobCaseName, (ground: Ground, rows: number) => Promise<Row[]>> = { delete: deletions, karma, audit };
const LEGEND = { x: "The writer writes one row every 4 ms. PostgreSQL runs without fsync, as in the tests.", note: "more" };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return void process.stdout.write(USAGE);
  const where = machine();
  const rows = await measure(options);
  const verdicts = rows.map((row) => ({ ...row, verdict: verdict(row) }));
  writeFileSync(options.json, `${JSON.stringify({ ...where, jobRows: options.rows, rows: verdicts }, null, 2)}\n`);
  process.stdout.write(renderTable(rows, where, LEGEND));
  process.stderr.write(`written: ${options.json}\n`);
}

async function measure({ databases, only, rows }: JobBenchOptions): Promise<Row[]> {
  const measured: Row[] = [];
  for (const dialect of databases) {
    const ground = await openGround(dialect);
    try {
      for (const name of only) {
        process.stderr.write(`${dialect}: ${name}\n`);
        measured.push(...(await CASES[name](ground, rows)));
      }
    } finally {
      await ground.end();
    }
  }
  return measured;
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
