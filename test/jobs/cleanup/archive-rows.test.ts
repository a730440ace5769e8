import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, folder, runEntry } from "../../helpers/entry.ts";
import { NOW, runHost, shippedJob, startHost } from "../../helpers/host.ts";
import { until } from "../../helpers/world.ts";

const ENTRY = "audit-log-cleanup";
const AT = new Date(NOW).toISOString();
const KILL = { NODE_OPTIONS: `--require=${join(import.meta.dirname, "../../fixtures/kill-at.cjs")}` };

describe.each(DIALECTS)("audit-log-cleanup on %s", (dialect) => {
  it("moves the row one millisecond too old into a verified file in its anonymized form, and keeps the others", async () => {
    const data = await database(dialect);
    const directory = join(folder(), "archives");
    await addLogs(data, { old: daysAgo(90, -1), older: daysAgo(200), on: daysAgo(90), young: daysAgo(90, 1) });
    const counts = { archivedCount: 2, archiveCount: 1, deletedCount: 2, purgedCount: 0 };
    expect(await runEntry(ENTRY, data, { set: { directory }, dryRun: true })).toMatchObject({ status: "succeeded", result: counts });
    expect([existsSync(directory), await ids(data)]).toEqual([false, ["old", "older", "on", "young"]]);
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject({ status: "succeeded", exitCode: 0, result: counts });
    expect(await ids(data)).toEqual(["on", "young"]);
    const [archive] = await archives(data);
    const path = archive?.file_path ?? "";
    expect(archive).toMatchObject({
      row_count: 2,
      first_created_at: daysAgo(200),
      last_created_at: daysAgo(90, -1),
      deleted_at: AT,
      purged_at: null,
    });
    expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(archive?.sha256);
    const scrubbed = { user_id: null, ip_address: null, user_agent: null, action: "login", metadata: '{"plan":"pro"}' };
    expect(read(path)).toMatchObject([
      { id: "older", ...scrubbed },
      { id: "old", ...scrubbed },
    ]);
    const none = { archivedCount: 0, archiveCount: 0, deletedCount: 0 };
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject({ status: "succeeded", result: none });
    expect(readdirSync(directory)).toEqual([path.split("/").at(-1)]);
    expect(await audits(data)).toMatchObject([
      { action: "rows.archived", resource_type: "audit_logs", file: path, sha256: archive?.sha256, deletedCount: 2 },
    ]);
  });

  it("writes new files in a second run on the same day, and cuts what is more than rowsPerFile", async () => {
    const data = await database(dialect);
    const directory = folder();
    await addLogs(data, Object.fromEntries(["a", "b", "c", "d", "e"].map((id, index) => [id, daysAgo(100, index)])));
    expect(await runEntry(ENTRY, data, { set: { directory, rowsPerFile: 2 } })).toMatchObject({
      result: { archiveCount: 3, archivedCount: 5 },
    });
    await addLogs(data, { f: daysAgo(100), g: daysAgo(100) });
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject({ result: { archiveCount: 1, archivedCount: 2 } });
    expect(await archivedIds(data)).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    expect(readdirSync(directory)).toHaveLength(4);
  });

  it.each([
    ["before the first byte", "writeFileSync:1"],
    ["before the file is on the disk", "fsyncSync:1"],
    ["before it is read back", "createReadStream:1"],
    ["in the middle of reading it back", "createReadStream:2"],
    ["between the record and the name", "renameSync:1"],
    ["right after it got its name", "fsyncSync:4"],
    ["before the rows are deleted", "createReadStream:3"],
    ["after some rows are deleted", "batch"],
  ])("loses no row and archives none twice when it is killed %s", async (_, step) => {
    const data = await database(dialect);
    const directory = folder();
    const old = Object.fromEntries(
      Array.from({ length: 25 }, (_each, index) => [`o${String(index).padStart(2, "0")}`, daysAgo(100, index)]),
    );
    await addLogs(data, { ...old, young: daysAgo(1) });
    const request = { module: shippedJob("cleanup/archive-rows"), database: data.url, params: { ...PARAMS, directory } };
    const slow = { ...request, params: { ...request.params, batchSize: 5, batchPause: "1m" } };
    const host = startHost(slow, step === "batch" ? {} : { ...KILL, KILL_AT: step, KILL_IN: directory });
    if (step === "batch") await until(() => host.messages.length > 0);
    if (step === "batch") host.child.kill("SIGKILL");
    expect((await host.done).signal).toBe("SIGKILL");
    const there = await ids(data);
    expect([...new Set([...there, ...(await archivedIds(data))])].toSorted()).toEqual([...Object.keys(old), "young"]);
    const dry = await runHost({ ...request, dryRun: true });
    const { end } = await runHost(request);
    expect(end).toMatchObject({ type: "result", result: { deletedCount: there.length - 1 } });
    expect(dry.end).toEqual(end);
    expect(await ids(data)).toEqual(["young"]);
    expect(await archivedIds(data)).toEqual(Object.keys(old));
    expect((await archives(data)).map(({ deleted_at }) => deleted_at)).toEqual([AT]);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const data = await database(dialect);
    const directory = folder();
    await addLogs(data, Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`o${index}`, daysAgo(100, index)])));
    const cancelled = await cancelAt("wait:6", ENTRY, data, { set: { directory, batchSize: 5 } });
    const left = (await ids(data)).length;
    expect(isHalfWay(left, 60)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { archivedCount: 60, deletedCount: 60 - left } });
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject({ result: { archivedCount: 0, deletedCount: left } });
    expect(await archivedIds(data)).toHaveLength(60);
  });

  it("reports a row that can't be scrubbed, leaves it in the table, and archives the others", async () => {
    const data = await database(dialect);
    const directory = folder();
    await addLogs(data, { a: daysAgo(102), bad: daysAgo(101), z: daysAgo(100) });
    await data.db.updateTable("audit_logs").set({ metadata: "{broken" }).where("id", "=", "bad").execute();
    const failures = [{ item: "audit_logs bad", error: "metadata holds no JSON, so what it tells of a person can't be taken out of it" }];
    const failed = { status: "failed", exitCode: 1, result: { archivedCount: 2, deletedCount: 2, failures } };
    expect(await runEntry(ENTRY, data, { set: { directory }, dryRun: true })).toMatchObject(failed);
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject(failed);
    expect(await ids(data)).toEqual(["bad"]);
    expect(await archivedIds(data)).toEqual(["a", "z"]);
  });

  it("deletes nothing when an unfinished archive is damaged or gone, and says what to do", async () => {
    const data = await database(dialect);
    const directory = folder();
    await addLogs(data, { a: daysAgo(100), b: daysAgo(100) });
    const request = { module: shippedJob("cleanup/archive-rows"), database: data.url, params: { ...PARAMS, directory } };
    await startHost(request, { ...KILL, KILL_AT: "createReadStream:3", KILL_IN: directory }).done;
    const [{ file_path: path } = { file_path: "" }] = await archives(data);
    renameSync(path, `${path}.away`);
    expect((await runHost(request)).end).toMatchObject({
      type: "error",
      error: expect.stringContaining(`archive ${path} was not finished and can't be verified`),
    });
    writeFileSync(path, readFileSync(`${path}.away`).subarray(0, 40));
    expect((await runHost(request)).end).toMatchObject({
      error: expect.stringMatching(
        /is not the file that was archived: its sha256 is .*; put the file back, or, where it is lost, delete its row in audit_log_archives/,
      ),
    });
    expect(await ids(data)).toEqual(["a", "b"]);
    rmSync(path);
    renameSync(`${path}.away`, path);
    expect((await runHost(request)).end).toMatchObject({ result: { archivedCount: 0, deletedCount: 2 } });
  });

  it("purges the file whose newest row is one millisecond older than keepFor, and keeps its record", async () => {
    const data = await database(dialect);
    const directory = folder();
    const names = ["old", "on", "foreign"].map(
      (_, index) => `audit_logs-2019-01-0${index + 1}-00000000-0000-0000-0000-00000000000${index}.ndjson.gz`,
    );
    const [old = "", on = ""] = names.map((name) => join(directory, name));
    const foreign = join(directory, "passwd");
    for (const path of [old, on, foreign]) writeFileSync(path, "x");
    const row = { sha256: "0", row_count: 1, first_created_at: daysAgo(3000), archived_at: daysAgo(2900), deleted_at: daysAgo(2900) };
    const rows = [
      { id: "old", file_path: old, last_created_at: daysAgo(2555, -1), ...row },
      { id: "on", file_path: on, last_created_at: daysAgo(2555), ...row },
      { id: "foreign", file_path: foreign, last_created_at: daysAgo(2600), ...row },
    ];
    await data.db.insertInto("audit_log_archives").values(rows).execute();
    expect(await runEntry(ENTRY, data, { set: { directory }, dryRun: true })).toMatchObject({ result: { purgedCount: 1 } });
    expect(existsSync(old)).toBe(true);
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject({ result: { purgedCount: 1 } });
    expect([old, on, foreign].map((path) => existsSync(path))).toEqual([false, true, true]);
    expect(await runEntry(ENTRY, data, { set: { directory } })).toMatchObject({ result: { purgedCount: 0 } });
    expect((await archives(data)).map(({ id, purged_at }) => [id, purged_at])).toEqual([
      ["foreign", null],
      ["old", AT],
      ["on", null],
    ]);
    expect(await audits(data)).toMatchObject([{ action: "archive.purged", resource_id: "old", file: old }]);
  });
});

const PARAMS = {
  table: "audit_logs",
  column: "created_at",
  olderThan: "90d",
  set: { user_id: null, ip_address: null, user_agent: null },
  scrubJson: { metadata: ["email"] },
};

async function addLogs({ db }: TestDatabase, times: Record<string, string>): Promise<void> {
  const person = { ip_address: "192.0.2.7", user_agent: "Mozilla", metadata: '{"email":"a@b","plan":"pro"}' };
  const rows = Object.entries(times).map(([id, created_at]) => Object.assign({ id, action: "login", created_at }, person));
  await db.insertInto("audit_logs").values(rows).execute();
}

async function ids({ db }: TestDatabase): Promise<string[]> {
  return (await db.selectFrom("audit_logs").select("id").where("action", "=", "login").execute()).map(({ id }) => id).toSorted();
}

async function archives({ db }: TestDatabase) {
  return db.selectFrom("audit_log_archives").selectAll().orderBy("id").execute();
}

/** The ids in all recorded archives, also those that have not got their name yet. */
async function archivedIds(data: TestDatabase): Promise<string[]> {
  const paths = (await archives(data)).map(({ file_path: path }) => (existsSync(path) ? path : `${path}.part`));
  return paths.flatMap((path) => read(path).map(({ id }) => String(id))).toSorted();
}

function read(path: string): Record<string, unknown>[] {
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
