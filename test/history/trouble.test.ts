import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHistoryReader } from "../../src/history/queries.ts";
import { openSqlite } from "../../src/history/sqlite.ts";
import { historyWorld, record, temporaryFolder } from "../helpers/history.ts";
import { isRoot } from "../helpers/hosts.ts";
import { runEnd, runStart } from "../helpers/run-records.ts";

const WRITER = join(import.meta.dirname, "../helpers/history-writer.ts");
const HOUSE = { job: "token-cleanup", retentionDays: () => 90 };
if (!isRoot) console.warn("left out: a history on a full disk and on a read-only one, which need root");

const statuses = (stateDir: string) =>
  openHistoryReader(stateDir)
    ?.runs({ limit: 99 })
    .map(({ status }) => status);
const waiting = (stateDir: string) => readdirSync(join(stateDir, "spool")).filter((name) => name.endsWith(".json"));

/** A run from begin to end. */
function run(world: ReturnType<typeof historyWorld>, book = world.book()) {
  const start = runStart();
  const id = book.begin(start);
  book.end(start, runEnd(start));
  return { start, id, book };
}

test("keeps a history of garbage under another name, and begins a new one", () => {
  const world = historyWorld();
  const path = join(world.stateDir, "history.db");
  writeFileSync(path, "this is no database, it only has its name\n".repeat(100));
  writeFileSync(`${path}-wal`, "nor is this its log");
  expect(run(world)).toMatchObject({ id: 1 });
  expect(statuses(world.stateDir)).toEqual(["succeeded"]);
  const aside = `${path}.damaged-2026-11-22T03-00-00-000Z`;
  expect(readFileSync(aside, "utf8")).toMatch(/^this is no database/);
  expect(readFileSync(`${aside}-wal`, "utf8")).toBe("nor is this its log");
  expect(world.warnings).toEqual([`the history was damaged (file is not a database); it is kept as ${aside}, and a new one begins`]);
});

test("notices damage in the middle of a run, and loses no end", () => {
  const world = historyWorld();
  const path = join(world.stateDir, "history.db");
  record(world.book());
  const start = runStart();
  const book = world.book();
  book.begin(start);
  openSqlite(path, {}).pragma("wal_checkpoint(TRUNCATE)");
  const pages = readFileSync(path);
  writeFileSync(path, Buffer.concat([pages.subarray(0, 100), Buffer.alloc(pages.length - 100, 0xa5)]));
  book.end(start, runEnd(start));
  book.housekeep(HOUSE);
  expect(world.warnings.length).toBeGreaterThan(0);
  expect(statuses(world.stateDir)).toEqual(["succeeded"]);
});

test("never plays the log of a lost history into a new one", () => {
  const world = historyWorld();
  const path = join(world.stateDir, "history.db");
  execFileSync(process.execPath, [WRITER, world.stateDir, "run"]);
  expect(readdirSync(world.stateDir)).toContain("history.db-wal");
  rmSync(path);
  run(world);
  expect(statuses(world.stateDir)).toEqual(["succeeded"]);
  expect(openSqlite(path, {}).pragma("integrity_check", { simple: true })).toBe("ok");
});

test("spools past a history of a newer program and does not touch it", () => {
  const world = historyWorld();
  const path = join(world.stateDir, "history.db");
  record(world.book());
  const db = openSqlite(path, {});
  db.pragma("user_version = 999");
  db.close();
  const before = readFileSync(path);
  const { id, start, book } = run(world);
  book.housekeep(HOUSE);
  const newer = `${path} was written by a newer jobctl (schema 999, this one knows 4); install that version or a later one here`;
  const waitingIn = join(world.stateDir, "spool", `${start.key}.json`);
  expect([id, waiting(world.stateDir)]).toEqual([null, [`${start.key}.json`]]);
  expect(world.warnings).toEqual([`history not written (${newer}); the record waits in ${waitingIn} for the next run`]);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(() => openHistoryReader(world.stateDir)).toThrow(newer);
});

test("waits five seconds for a history that is locked, then spools; the end waits longer and gets in", { timeout: 30_000 }, async () => {
  const world = historyWorld();
  record(world.book());
  const blocker = spawn(process.execPath, [WRITER, world.stateDir, "block"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(blocker.stdout, "data");
  const book = world.book();
  const start = runStart();
  const before = performance.now();
  expect([book.executions("token-cleanup"), book.begin(start)]).toEqual([1, null]);
  expect(performance.now() - before).toBeGreaterThan(4500);
  expect(performance.now() - before).toBeLessThan(8000);
  expect(waiting(world.stateDir)).toEqual([`${start.key}.json`]);
  blocker.kill("SIGKILL");
  book.end(start, runEnd(start));
  expect([statuses(world.stateDir), waiting(world.stateDir)]).toEqual([["succeeded", "succeeded"], []]);
});

test("spools an end whose history was replaced while the job ran", () => {
  const world = historyWorld();
  const path = join(world.stateDir, "history.db");
  const book = world.book();
  const start = runStart();
  book.begin(start);
  for (const part of ["", "-wal", "-shm"]) renameSync(path + part, `${path}.moved${part}`);
  run(world);
  book.end(start, runEnd(start));
  expect(waiting(world.stateDir)).toEqual([`${start.key}.json`]);
  run(world).book.housekeep(HOUSE);
  expect([statuses(world.stateDir), waiting(world.stateDir)]).toEqual([["succeeded", "succeeded", "succeeded"], []]);
});

test("prints the record where neither history nor spool can be written", () => {
  const folder = temporaryFolder("jobctl-history-");
  writeFileSync(join(folder, "file"), "");
  const world = historyWorld(join(folder, "file", "state"));
  const { id, start, book } = run(world);
  book.housekeep(HOUSE);
  expect([id, book.executions("x"), book.openRuns("boot", () => false)]).toEqual([null, 0, []]);
  const last = world.warnings[0] ?? "";
  expect(last).not.toContain("\n");
  expect(JSON.parse(last).record).toEqual({ start, end: runEnd(start) });
});

test.runIf(isRoot)("goes on when the disk is full, and has the record when it no longer is", () => {
  const stateDir = temporaryFolder("jobctl-full-");
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", stateDir]);
  try {
    const world = historyWorld(stateDir);
    record(world.book());
    fill(join(stateDir, "ballast"));
    rmSync(join(stateDir, "reserve"));
    const ended: string[] = [];
    const book = world.book();
    for (let count = 0; count < 40; count++) ended.push(run(world, book).start.key);
    rmSync(join(stateDir, "ballast"));
    run(world).book.housekeep(HOUSE);
    const known =
      openHistoryReader(stateDir)
        ?.runs({ limit: 99 })
        .map(({ key, status }) => `${key} ${status}`) ?? [];
    const printed = world.warnings.join("\n");
    expect(printed).toMatch(/history not written \(database or disk is full|ENOSPC/);
    expect(ended.filter((key) => !known.includes(`${key} succeeded`) && !printed.includes(`"outcome"`))).toEqual([]);
  } finally {
    execFileSync("umount", ["-l", stateDir]);
  }
});

/** Fills a file system but for 64 KiB. */
function fill(path: string): void {
  writeFileSync(join(path, "../reserve"), Buffer.alloc(65_536));
  try {
    for (;;) writeFileSync(path, Buffer.alloc(4096), { flag: "a" });
  } catch {
    // Full, as it shall be.
  }
}

test.runIf(isRoot)("goes on when the file system is read-only", () => {
  const stateDir = temporaryFolder("jobctl-readonly-");
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", stateDir]);
  try {
    const world = historyWorld(stateDir);
    execFileSync(process.execPath, [WRITER, stateDir, "run"]);
    mkdirSync(join(stateDir, "spool"));
    execFileSync("mount", ["-o", "remount,ro", stateDir]);
    expect(run(world)).toMatchObject({ id: null });
    expect(world.warnings).toHaveLength(1);
  } finally {
    execFileSync("umount", ["-l", stateDir]);
  }
});

test("makes one history for sixty processes at one instant, and loses none", { timeout: 120_000 }, async () => {
  const { stateDir, book } = historyWorld();
  const children = Array.from({ length: 60 }, () =>
    spawn(process.execPath, [WRITER, stateDir, "run"], { stdio: ["ignore", "ignore", "pipe"] }),
  );
  const said = await Promise.all(
    children.map(async (child) => {
      let text = "";
      child.stderr.on("data", (chunk) => (text += chunk));
      const [code] = await once(child, "close");
      return `${code} ${text}`;
    }),
  );
  // On a machine that is busy with other things one may have waited its five seconds: then it has spooled.
  expect(said.filter((text) => !/^0 (history not written \(.*(locked|held).*; the record waits .*\n)?$/.test(text))).toEqual([]);
  book().housekeep(HOUSE);
  expect(statuses(stateDir)).toEqual(Array.from({ length: 60 }, () => "succeeded"));
});

test("loses no run that was reported when its writer is killed at any moment", { timeout: 60_000 }, async () => {
  const { stateDir } = historyWorld();
  const reported: string[] = [];
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [WRITER, stateDir, "run-for-ever"], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    await once(child.stdout, "data");
    setTimeout(() => child.kill("SIGKILL"), 7 * round);
    await once(child, "close");
    reported.push(...text.split("\n").slice(0, -1));
  }
  const known = new Set(
    openHistoryReader(stateDir)
      ?.runs({ limit: 1_000_000, statuses: ["succeeded"] })
      .map(({ key }) => key),
  );
  expect(reported.filter((key) => !known.has(key))).toEqual([]);
  expect(openSqlite(join(stateDir, "history.db"), {}).pragma("integrity_check", { simple: true })).toBe("ok");
});
