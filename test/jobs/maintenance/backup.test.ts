import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, cancelOnce } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { dumpableServer, dumpVersion } from "../../helpers/dumpable-server.ts";
import { audits, database, daysAgo, type EntryRun, folder, runEntry } from "../../helpers/entry.ts";
import { NOW, runHost, shippedJob } from "../../helpers/host.ts";
import type { PostgresServer } from "../../helpers/postgres-server.ts";

const module = shippedJob("maintenance/backup");
const state: { server?: PostgresServer } = {};
const canDump = dumpVersion() !== undefined;
beforeAll(async () => {
  if (canDump) state.server = await dumpableServer();
});
afterAll(async () => state.server?.stop());

describe.each(DIALECTS.filter((dialect) => dialect === "sqlite" || canDump))("backup on %s", (dialect) => {
  async function filled(): Promise<TestDatabase> {
    const data = await database(dialect, state.server?.url);
    await data.db
      .insertInto("users")
      .values({ id: "u", email: "u@example.com", created_at: daysAgo(1) })
      .execute();
    return data;
  }

  it("makes a copy that restores, records its checksum, and prunes the oldest to keep", async () => {
    const data = await filled();
    const directory = join(folder(), "backups");
    const set = { directory, keep: 2 };
    expect(await runEntry("backup", data, { set, dryRun: true })).toMatchObject(counts(0));
    expect([existsSync(directory), await backups(data)]).toEqual([false, []]);
    const first = await runEntry("backup", data, { set });
    expect(first).toMatchObject({ ...counts(0), exitCode: 0 });
    const file = String(first.result["file"]);
    const bytes = readFileSync(file);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(first.result).toMatchObject({ sizeBytes: bytes.length, sha256 });
    expect(await backups(data)).toMatchObject([
      { file_path: file, status: "ok", size_bytes: bytes.length, sha256, started_at: new Date(NOW).toISOString() },
    ]);
    expect(restoredEmails(file)).toEqual(["u@example.com"]);
    await data.db
      .updateTable("backups")
      .set({ started_at: daysAgo(1) })
      .execute();
    expect(await runEntry("backup", data, { set })).toMatchObject(counts(0));
    expect(await runEntry("backup", data, { set, dryRun: true })).toMatchObject(counts(1));
    expect(await runEntry("backup", data, { set })).toMatchObject(counts(1));
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(directory)).toHaveLength(2);
    expect((await backups(data)).map(({ status }) => status)).toEqual(["pruned", "ok", "ok"]);
    expect(await audits(data)).toMatchObject([{ action: "backup.pruned", resource_type: "backup", file }]);
  });

  it("settles what a killed run left: a whole file is taken, an unfinished one is deleted and called failed", async () => {
    const data = await filled();
    const directory = folder();
    const { end } = await runHost({ module, database: data.url, params: { directory } });
    const [{ file_path: whole } = { file_path: "" }] = await backups(data);
    await data.db
      .updateTable("backups")
      .set({ status: "running", sha256: null, started_at: daysAgo(2) })
      .execute();
    const half = join(directory, "half.db");
    writeFileSync(`${half}.part`, "x");
    await data.db
      .insertInto("backups")
      .values({ id: "half", file_path: half, status: "running", started_at: daysAgo(1) })
      .execute();
    await data.db
      .insertInto("backups")
      .values({ id: "elsewhere", file_path: "/elsewhere/x.db", status: "running", started_at: daysAgo(0.5) })
      .execute();
    const next = await runHost({ module, database: data.url, params: { directory } });
    expect(next.end).toMatchObject({ type: "result", result: { backupCount: 1, recoveredCount: 1 } });
    expect((await backups(data)).map(({ status, error_message }) => [status, error_message])).toEqual([
      ["ok", null],
      ["failed", "the run was killed before the backup was whole"],
      ["running", null],
      ["ok", null],
    ]);
    expect([existsSync(whole), existsSync(`${half}.part`)]).toEqual([true, false]);
    expect(end).toMatchObject({ result: { sha256: (await backups(data))[0]?.sha256 } });
  });

  it("reports a backup that can't be pruned, and prunes the others", async () => {
    const data = await filled();
    const directory = folder();
    for (const [index, name] of ["a.db", "b.db", "c.db"].entries()) {
      if (name === "b.db") mkdirSync(join(directory, name));
      else writeFileSync(join(directory, name), "x");
      const row = { id: name, file_path: join(directory, name), status: "ok" as const, started_at: daysAgo(9 - index) };
      await data.db.insertInto("backups").values(row).execute();
    }
    const run = await runEntry("backup", data, { set: { directory, keep: 1 } });
    expect(run).toMatchObject({ status: "failed", exitCode: 1, result: { backupCount: 1, prunedCount: 2, failures: [{ item: "b.db" }] } });
    expect((await backups(data)).map(({ status }) => status)).toEqual(["pruned", "ok", "pruned", "ok"]);
  });

  it("says that it failed, and leaves no half file, when it is cancelled; the next run makes one", async () => {
    const data = await filled();
    const directory = folder();
    expect(await cancelHalfWay(data, directory)).toMatchObject({ status: "cancelled", result: { backupCount: 0 } });
    expect(readdirSync(directory)).toEqual([]);
    expect(await backups(data)).toMatchObject([{ status: "failed", error_message: "cancelled by SIGTERM" }]);
    expect(await runEntry("backup", data, { set: { directory } })).toMatchObject({ status: "succeeded", result: { backupCount: 1 } });
  });

  /** In the midst of the copy, or of the dump. */
  async function cancelHalfWay(data: TestDatabase, directory: string): Promise<EntryRun> {
    if (dialect === "postgres") {
      const begun = join(folder(), "begun");
      const pgDump = script(`touch ${begun}; sleep 50`);
      return cancelOnce(() => existsSync(begun), "backup", data, { set: { directory, pgDump } });
    }
    // More than the pages of one step.
    const big = sql`INSERT INTO audit_logs (id, action, metadata, created_at) VALUES ('big', 'x', hex(zeroblob(10000000)), '')`;
    await big.execute(data.db);
    return cancelAt("copy:3", "backup", data, { set: { directory } });
  }
});

describe.runIf(canDump)("backup on postgres", () => {
  it.each([
    [
      "is not there",
      "/no/pg_dump",
      78,
      "there is no program /no/pg_dump; install PostgreSQL's client programs (postgresql-client), or say in with.pgDump where it is",
    ],
    ["refuses", "echo 'server version mismatch' >&2; exit 1", 1, "server version mismatch"],
    ["writes rubbish", 'for a; do case "$a" in --file=*) echo rubbish > "${a#--file=}";; esac; done', 1, "pg_restore: "],
  ])("tells when pg_dump %s", async (_, program, exitCode, message) => {
    const pgDump = program.startsWith("/") ? program : script(program);
    const data = await database("postgres", state.server?.url);
    const directory = folder();
    const run = await runHost({ module, database: data.url, params: { directory, pgDump } });
    expect(run).toMatchObject({ exitCode, end: { type: "error", error: expect.stringContaining(message) } });
    expect(await backups(data)).toMatchObject([{ status: "failed", error_message: expect.stringContaining(message) }]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("gives the password to pg_dump by the environment, not by its arguments, which everybody can read", async () => {
    const data = await database("postgres", state.server?.url);
    const seen = join(folder(), "seen");
    const url = new URL(data.url);
    url.password = "s3cret pass";
    const pgDump = script(`echo "$PGPASSWORD" "$@" > ${seen}; exit 1`);
    await runHost({ module, database: url.href, params: { directory: folder(), pgDump } });
    const [told = ""] = readFileSync(seen, "utf8").split("\n");
    expect(told.startsWith("s3cret pass --format=custom")).toBe(true);
    expect(told.slice("s3cret pass".length)).not.toMatch(/s3cret/);
  });
});

function script(text: string): string {
  const path = join(folder(), "program");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function counts(pruned: number) {
  return { status: "succeeded", result: { backupCount: 1, prunedCount: pruned, recoveredCount: 0 } };
}

async function backups({ db }: TestDatabase) {
  return db.selectFrom("backups").selectAll().orderBy("started_at").orderBy("finished_at").execute();
}

/** The addresses in the copy: from the file itself, or out of the restored script. */
function restoredEmails(file: string): string[] {
  if (file.endsWith(".dump")) {
    const text = execFileSync("pg_restore", ["--data-only", "--table=users", "--file=-", file], { encoding: "utf8" });
    return text.match(/\S+@example\.com/g) ?? [];
  }
  const copy = new Database(file, { readonly: true });
  const rows = copy.prepare("SELECT email FROM users").all() as { email: string }[];
  copy.close();
  return rows.map(({ email }) => email);
}
