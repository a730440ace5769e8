import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Json } from "../../../../src/job.ts";
import { DIALECTS } from "../../../../src/job-api/database/open-database.ts";
import { cancelOnce } from "../../../helpers/cancel.ts";
import { database, MANIFEST, runEntry } from "../../../helpers/entry.ts";
import { NOW } from "../../../helpers/host.ts";
import { manifestOf } from "../../../helpers/job-manifest.ts";
import { closedPort, tcpServer, webServer } from "../../../helpers/servers.ts";

const DAY = 86_400_000;
/** The machine of the tests may be busy, and full. */
const PATIENT = { timeout: "50s", degradedAfter: "50s" };
const ROOMY = { ...PATIENT, degradedAt: 100, downAt: 101 };
const { jobs } = parse(readFileSync(MANIFEST, "utf8")) as { jobs: Record<string, { with: { checks: Record<string, Json> } }> };
const SHIPPED = Object.entries(jobs["health-check"]?.with.checks ?? {}).map(([name, check]) => [
  name,
  Object.assign(check as object, name === "database" ? PATIENT : ROOMY),
]);
const set = { checks: JSON.stringify(Object.fromEntries(SHIPPED)) };
const ago = (age: number): string => new Date(NOW - age).toISOString();

describe.each(DIALECTS)("health-check on %s", (dialect) => {
  it("is well on the checks of the shipped manifest, and keeps a row for each", async () => {
    const data = await database(dialect);
    const run = await runEntry("health-check", data, { set });
    expect(run).toMatchObject({ status: "succeeded", exitCode: 0, result: { okCount: 3, degradedCount: 0, downCount: 0 } });
    const rows = await data.db.selectFrom("health_checks").selectAll().orderBy("component").execute();
    expect(rows.map(({ component, status, checked_at }) => [component, status, checked_at])).toEqual(
      ["database", "disk", "memory"].map((name) => [name, "ok", ago(0)]),
    );
    expect(rows.every(({ latency_ms, detail }) => (latency_ms ?? -1) >= 0 && detail)).toBe(true);
  });

  it("fails when one is down, keeps what the others found, and writes nothing in a dry run", async () => {
    const data = await database(dialect);
    const checks = {
      gone: { type: "tcp", host: "127.0.0.1", port: await closedPort() },
      there: { type: "tcp", host: "127.0.0.1", port: await tcpServer(), ...PATIENT },
    };
    const manifest = manifestOf("health", { uses: "monitoring/health-check", with: { checks } });
    const dry = await runEntry("health", data, { manifest, args: ["--dry-run"] });
    expect(dry).toMatchObject({ status: "failed", result: { okCount: 1, downCount: 1 } });
    expect(await data.db.selectFrom("health_checks").selectAll().execute()).toEqual([]);
    const run = await runEntry("health", data, { manifest });
    expect(run).toMatchObject({ status: "failed", exitCode: 1, result: { okCount: 1, downCount: 1 } });
    expect(run.result["failures"]).toEqual([{ item: "gone", error: expect.stringMatching(/^connect ECONNREFUSED 127\.0\.0\.1/) }]);
    const rows = await data.db.selectFrom("health_checks").select(["component", "status"]).orderBy("component").execute();
    expect(rows).toEqual([
      { component: "gone", status: "down" },
      { component: "there", status: "ok" },
    ]);
  });

  it("keeps nothing of a run that is cancelled half-way; the next run keeps a row for each", async () => {
    const data = await database(dialect);
    const server = { asked: 0 };
    const url = await webServer((_, response) => void (++server.asked > 1 && response.end("well")));
    const checks = { slow: { type: "http", url, ...PATIENT }, disk: { type: "disk", ...ROOMY } };
    const manifest = manifestOf("health", { uses: "monitoring/health-check", with: { checks } });
    expect(await cancelOnce(() => server.asked === 1, "health", data, { manifest })).toMatchObject({ status: "cancelled" });
    const rows = data.db.selectFrom("health_checks").select("component").orderBy("component");
    expect(await rows.execute()).toEqual([]);
    expect(await runEntry("health", data, { manifest })).toMatchObject({ status: "succeeded", result: { okCount: 2 } });
    expect(await rows.execute()).toEqual([{ component: "disk" }, { component: "slow" }]);
  });

  it("deletes findings that are older than they are kept at the last midnight, and no others", async () => {
    const data = await database(dialect);
    const midnight = Date.parse("2026-11-22T00:00:00.000Z");
    await data.db
      .insertInto("health_checks")
      .values([finding("old", midnight - 30 * DAY - 1), finding("on", midnight - 30 * DAY)])
      .execute();
    expect((await runEntry("health-check", data, { set, dryRun: true })).result).toMatchObject({ deletedCount: 1 });
    expect((await runEntry("health-check", data, { set })).result).toMatchObject({ deletedCount: 1 });
    expect((await runEntry("health-check", data, { set })).result).toMatchObject({ deletedCount: 0 });
    const rows = await data.db.selectFrom("health_checks").select("id").where("component", "=", "x").execute();
    expect(rows).toEqual([{ id: "on" }]);
  });
});

it("tells that the database is gone, and still what the others found", async () => {
  const url = `postgres://nobody@127.0.0.1:${await closedPort()}/none`;
  const run = await runEntry("health-check", { url }, { set });
  expect(run).toMatchObject({ status: "failed", result: { okCount: 2, downCount: 1 } });
  expect(run.result["checks"]).toMatchObject({
    database: { status: "down", detail: expect.stringContaining("ECONNREFUSED") },
    disk: { status: "ok" },
  });
  expect(run.result["failures"]).toMatchObject([{ item: "database" }, { item: "the findings could not be kept" }]);
});

function finding(id: string, at: number) {
  return { id, component: "x", status: "ok" as const, checked_at: new Date(at).toISOString() };
}
