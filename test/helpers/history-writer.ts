// A process that writes to a history as `jobctl run` does. Arguments: the state directory, what to do.
import { openRunBook } from "../../src/history/run-book.ts";
import { openSqlite } from "../../src/history/sqlite.ts";
import * as locks from "../../src/system/file-lock.ts";
import { runEnd, runStart } from "./run-records.ts";

const [stateDir = "", what] = process.argv.slice(2);
const warn = (text: string): void => void process.stderr.write(`${text}\n`);
const book = openRunBook({ stateDir, locks, now: Date.now, warn });

if (what === "run") {
  const start = runStart({ startedAt: Date.now() });
  book.begin(start);
  book.end(start, runEnd(start));
}
if (what === "run-for-ever") {
  for (;;) {
    const start = runStart({ startedAt: Date.now() });
    book.begin(start);
    book.end(start, runEnd(start));
    process.stdout.write(`${start.key}\n`);
  }
}
if (what === "block") {
  const db = openSqlite(`${stateDir}/history.db`, {});
  db.exec("BEGIN EXCLUSIVE");
  process.stdout.write("blocked\n");
  setTimeout(() => undefined, 60_000);
}
// As `jobctl run` ends: without closing its connections.
if (what === "run") process.exit(0);
