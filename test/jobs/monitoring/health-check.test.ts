import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import type { Json } from "../../../src/job.ts";
import { cancelOnce } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { runEntry } from "../../helpers/entry.ts";
import { describeHost, NOW, runHost, shippedJob, startHost } from "../../helpers/host.ts";
import { manifestOf } from "../../helpers/job-manifest.ts";
import { closedPort, makeCertificate, tcpServer, tlsServer, webServer } from "../../helpers/servers.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const DAY = 86_400_000;
const module = shippedJob("monitoring/health-check");
const ago = (age: number): string => new Date(NOW - age).toISOString();

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("health-check on %s", (dialect) => {
  async function database(): Promise<TestDatabase> {
    const data = await appDatabase(dialect);
    open.push(data);
    return data;
  }

  it("is well on the checks of the shipped manifest, and keeps a row for each", async () => {
    const data = await database();
    const run = await runEntry("health-check", data);
    expect(run).toMatchObject({ status: "succeeded", exitCode: 0, result: { okCount: 3, degradedCount: 0, downCount: 0 } });
    const rows = await data.db.selectFrom("health_checks").selectAll().orderBy("component").execute();
    expect(rows.map(({ component, status, checked_at }) => [component, status, checked_at])).toEqual(
      ["database", "disk", "memory"].map((name) => [name, "ok", ago(0)]),
    );
    expect(rows.every(({ latency_ms, detail }) => (latency_ms ?? -1) >= 0 && detail)).toBe(true);
  });

  it("fails when one is down, keeps what the others found, and writes nothing in a dry run", async () => {
    const data = await database();
    const checks = {
      gone: { type: "tcp", host: "127.0.0.1", port: await closedPort() },
      there: { type: "tcp", host: "127.0.0.1", port: await tcpServer() },
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
    const data = await database();
    const server = { asked: 0 };
    const url = await webServer((_, response) => void (++server.asked > 1 && response.end("well")));
    const checks = { slow: { type: "http", url, timeout: "30s" }, disk: { type: "disk" } };
    const manifest = manifestOf("health", { uses: "monitoring/health-check", with: { checks } });
    expect(await cancelOnce(() => server.asked === 1, "health", data, { manifest })).toMatchObject({ status: "cancelled" });
    const rows = data.db.selectFrom("health_checks").select("component").orderBy("component");
    expect(await rows.execute()).toEqual([]);
    expect(await runEntry("health", data, { manifest })).toMatchObject({ status: "succeeded", result: { okCount: 2 } });
    expect(await rows.execute()).toEqual([{ component: "disk" }, { component: "slow" }]);
  });

  it("deletes findings that are older than they are kept at the last midnight, and no others", async () => {
    const data = await database();
    const midnight = Date.parse("2026-11-22T00:00:00.000Z");
    await data.db
      .insertInto("health_checks")
      .values([finding("old", midnight - 30 * DAY - 1), finding("on", midnight - 30 * DAY)])
      .execute();
    expect((await runEntry("health-check", data, { args: ["--dry-run"] })).result).toMatchObject({ deletedCount: 1 });
    expect((await runEntry("health-check", data)).result).toMatchObject({ deletedCount: 1 });
    expect((await runEntry("health-check", data)).result).toMatchObject({ deletedCount: 0 });
    const rows = await data.db.selectFrom("health_checks").select("id").where("component", "=", "x").execute();
    expect(rows).toEqual([{ id: "on" }]);
  });
});

it("tells that the database is gone, and still what the others found", async () => {
  const url = `postgres://nobody@127.0.0.1:${await closedPort()}/none`;
  const run = await runEntry("health-check", { url });
  expect(run).toMatchObject({ status: "failed", result: { okCount: 2, downCount: 1 } });
  expect(run.result["checks"]).toMatchObject({
    database: { status: "down", detail: expect.stringContaining("ECONNREFUSED") },
    disk: { status: "ok" },
  });
  expect(run.result["failures"]).toMatchObject([{ item: "database" }, { item: "the findings could not be kept" }]);
});

describe("a check", () => {
  it("asks a web server for its status and its body", async () => {
    const url = await webServer(({ url: path = "" }, response) => {
      response.statusCode = path === "/broken" ? 503 : path === "/moved" ? 302 : 200;
      response.end(path === "/wrong" ? "maintenance" : '{"status":"ok"}');
    });
    const http = (path: string, more = {}) => ({ type: "http", url: url + path, ...more });
    const match = '"status":"(ok|fine)"';
    const { checks, counts } = await look({
      well: http("/", { match }),
      wrong: http("/wrong", { match }),
      broken: http("/broken"),
      moved: http("/moved"),
      asked: http("/moved", { status: 302 }),
      gone: { type: "http", url: `http://127.0.0.1:${await closedPort()}/` },
      nonsense: { type: "http", url: "nonsense" },
    });
    expect(checks).toMatchObject({
      well: { status: "ok", detail: "status 200, the body matches" },
      wrong: { status: "down", detail: `status 200, but the body does not match ${match}: "maintenance"` },
      broken: { status: "down", detail: "status 503 instead of 200" },
      moved: { status: "down", detail: "status 302 instead of 200" },
      asked: { status: "ok" },
      gone: { status: "down", detail: expect.stringContaining("ECONNREFUSED") },
      nonsense: { status: "down", detail: expect.stringContaining("Invalid URL") },
    });
    expect(counts).toEqual({ okCount: 2, degradedCount: 0, downCount: 5 });
  });

  it("is degraded when slow, and down when it does not answer in its time; all are done at once", async () => {
    const url = await webServer(({ url: path }, response) => {
      if (path === "/slow") setTimeout(() => response.end("ok"), 400);
      if (path === "/endless") response.write("x");
    });
    const slow = { type: "http", url: `${url}/slow`, degradedAfter: "200ms" };
    const stuck = { type: "http", url: `${url}/never`, timeout: "600ms" };
    const began = performance.now();
    const { checks } = await look({ a: slow, b: slow, c: slow, d: stuck, e: stuck, f: { ...stuck, url: `${url}/endless`, match: "y" } });
    expect(performance.now() - began).toBeLessThan(2500);
    expect(checks).toMatchObject({
      a: { status: "degraded", detail: expect.stringMatching(/^status 200, but after \d+ ms; more than 200ms is slow$/) },
      d: { status: "down", detail: "no answer within 600ms" },
      f: { status: "down", detail: "no answer within 600ms" },
    });
  });

  it("knows a certificate that ends soon, from a server and from a file", async () => {
    const [soon, later] = [makeCertificate(3), makeCertificate(90)];
    const host = { type: "certificate", host: "127.0.0.1" };
    const { checks } = await look(
      {
        server: { ...host, port: await tlsServer(soon) },
        far: { ...host, port: await tlsServer(later) },
        file: { type: "certificate", file: soon.certificate, downWithin: "1d" },
        ended: { type: "certificate", file: soon.certificate },
        noTls: { ...host, port: await tcpServer(), timeout: "2s" },
        nowhere: { type: "certificate" },
      },
      { now: Date.now() },
    );
    expect(checks).toMatchObject({
      server: { status: "down", detail: expect.stringMatching(/^it ends on \d{4}-\d\d-\d\d, in 2 days$/) },
      far: { status: "ok" },
      file: { status: "degraded" },
      noTls: { status: "down" },
      nowhere: { status: "down", detail: "a certificate check needs `host` or `file`" },
    });
    const future = await look({ ended: { type: "certificate", file: soon.certificate } }, { now: Date.now() + 4 * DAY });
    expect(future.checks).toMatchObject({ ended: { status: "down", detail: expect.stringMatching(/^it ended on /) } });
  });

  it("tells how full disk and memory are, against the check's own limits", async () => {
    const { checks } = await look({
      disk: { type: "disk", path: "/" },
      full: { type: "disk", path: "/", downAt: 0 },
      nearly: { type: "disk", path: "/", degradedAt: 0, downAt: 101 },
      nowhere: { type: "disk", path: "/no/such/folder" },
      memory: { type: "memory" },
      short: { type: "memory", degradedAt: 0, downAt: 0 },
    });
    expect(checks).toMatchObject({
      disk: { detail: expect.stringMatching(/^[\d.]+% used, [\d.]+[KMGT]B free$/) },
      full: { status: "down" },
      nearly: { status: "degraded" },
      nowhere: { status: "down", detail: expect.stringContaining("ENOENT") },
      short: { status: "down" },
    });
  });

  it("asks systemd for the state of a unit", async () => {
    const bin = temporaryFolder();
    const script = '#!/bin/sh\ncase "$3" in up*) echo active;; busy*) echo activating;; *) echo failed; exit 3;; esac\n';
    writeFileSync(join(bin, "systemctl"), script);
    chmodSync(join(bin, "systemctl"), 0o755);
    const data = await appDatabase("sqlite");
    open.push(data);
    const run = await runEntry("health", data, { manifest: manifestOf("health", unitsEntry(`${bin}:/usr/bin:/bin`)) });
    expect(run.result["checks"]).toMatchObject({
      up: { status: "ok", detail: "up.service is active" },
      busy: { status: "degraded", detail: "busy.service is activating" },
      dead: { status: "down", detail: "dead.service is failed" },
    });
    const without = await runEntry("health", data, { manifest: manifestOf("health", unitsEntry(temporaryFolder())) });
    expect(without.result["checks"]).toMatchObject({ up: { status: "down", detail: expect.stringContaining("ENOENT") } });
  });

  it("ends when the run is cancelled", async () => {
    const url = await webServer(() => {});
    const host = startHost({ module, params: { checks: { stuck: { type: "http", url, timeout: "30s" }, disk: { type: "disk" } } } });
    while (host.messages.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    host.child.kill("SIGTERM");
    expect((await host.done).end).toMatchObject({ type: "error", error: "cancelled by SIGTERM", cancelled: true });
  });

  it("is refused with every problem at once where its parameters are wrong", async () => {
    const checks = { a: { type: "htp" }, b: { type: "http", statuses: 3 }, c: "tcp", d: { type: "tcp", host: "x", port: 0 } };
    expect((await describeHost(module, { checks })).problems).toEqual([
      'with.checks.a.type: "htp" is not one of http, tcp, database, disk, memory, certificate, systemd',
      'with.checks.b.statuses: the job has no such parameter; did you mean "status"?',
      "with.checks.b.url: missing; it is required (text): the address; redirections are not followed",
      'with.checks.c: "tcp" is not a map such as {type: http}',
      "with.checks.d.port: 0 is below the least allowed, 1",
    ]);
  });
});

function finding(id: string, at: number) {
  return { id, component: "x", status: "ok" as const, checked_at: new Date(at).toISOString() };
}

function unitsEntry(path: string) {
  return {
    uses: "monitoring/health-check",
    env: { PATH: path },
    with: { checks: { up: unit("up"), busy: unit("busy"), dead: unit("dead") } },
  };
}

function unit(name: string) {
  return { type: "systemd", unit: `${name}.service` };
}

/** Runs checks on an empty database; tells what was found of each. */
async function look(checks: Record<string, Json>, request: { now?: number } = {}): Promise<{ checks: Json; counts: Record<string, Json> }> {
  const data = await appDatabase("sqlite");
  open.push(data);
  const { end } = await runHost({ module, database: data.url, params: { checks }, ...request });
  if (!end || !("result" in end)) throw new Error(JSON.stringify(end));
  const { checks: found = {}, okCount = 0, degradedCount = 0, downCount = 0 } = end.result as Record<string, Json>;
  return { checks: found, counts: { okCount, degradedCount, downCount } };
}
