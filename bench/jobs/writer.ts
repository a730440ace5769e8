/** Another program that writes to the database: one row every few milliseconds, until SIGTERM; then how long it had to wait. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { openDatabase } from "../../src/job-api/database/open-database.ts";

const EVERY_MS = 4;

/** Milliseconds that a write took. */
export interface Waits {
  writes: number;
  p50: number;
  p99: number;
  longest: number;
}

async function main(url: string): Promise<void> {
  const state = { ended: false };
  process.once("SIGTERM", () => void (state.ended = true));
  const db = openDatabase(url, { readOnly: false, applicationName: "bench writer" });
  const times: number[] = [];
  const write = async (): Promise<void> => void (await sql`UPDATE beside SET amount = amount + 1 WHERE id = 1`.execute(db));
  await write();
  process.stdout.write("ready\n");
  while (!state.ended) {
    const began = performance.now();
    await write();
    times.push(performance.now() - began);
    await sleep(EVERY_MS);
  }
  await db.destroy();
  process.stdout.write(`${JSON.stringify(waits(times))}\n`);
}

function waits(times: number[]): Waits {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { writes: sorted.length, p50: at(0.5), p99: at(0.99), longest: at(1) };
}

await main(process.argv[2] ?? "");
