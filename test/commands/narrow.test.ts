import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { history } from "../../src/commands/history.ts";
import { list } from "../../src/commands/list.ts";
import { next } from "../../src/commands/next.ts";
import { show } from "../../src/commands/show.ts";
import { status } from "../../src/commands/status.ts";
import type { CommandContext } from "../../src/context.ts";
import { historyWorld, record, temporaryFolder } from "../helpers/history.ts";
import { FAILURE, NOW } from "../helpers/run-records.ts";

const MANIFEST = `version: 1
jobs:
  token-cleanup: { command: ["true"], description: Deletes the tokens that have expired and that nobody can use any more }
  dump: { command: ["true"], schedule: "0 3 * * *", category: maintenance }
`;
/** What is not broken, since it may be copied: paths, keys and the like. */
const LONG_WORD = /\S{28,}/;

test.each([40, 60, 80, 120])("no list and no page is wider than a terminal of %d columns", async (columns) => {
  const folder = temporaryFolder("jobctl-narrow-");
  writeFileSync(join(folder, "jobctl.yaml"), MANIFEST);
  mkdirSync(join(folder, "state"), { mode: 0o700 });
  const { book } = historyWorld(join(folder, "state"));
  record(book());
  record(book(), FAILURE, { job: "dump" });
  const said = { out: "" };
  const context: CommandContext = {
    env: { HOME: folder, JOBCTL_CACHE_DIR: join(folder, "cache") },
    cwd: folder,
    uid: process.getuid?.() ?? 0,
    now: () => NOW + 3 * 3_600_000,
    stdout: { write: (text) => void (said.out += text), isTerminal: false, columns },
    stderr: { write: () => {}, isTerminal: false, columns },
    programVersion: "0.1.0",
    packageRoot: "/",
    nodePath: process.execPath,
  };
  const look = { manifest: join(folder, "jobctl.yaml"), stateDir: join(folder, "state"), json: false };
  await history({ ...look, failed: false, limit: 20, ndjson: false }, context);
  await show({ ...look, run: "2" }, context);
  await list(look, context);
  await status({ ...look, locks: false }, context);
  await next(look, context);
  expect(said.out.split("\n").filter((line) => line.length > columns && !LONG_WORD.test(line))).toEqual([]);
  for (const text of ["token-cleanup", "exit code 3", "yes", "03:00", "1 to look at"]) expect(said.out).toContain(text);
});
