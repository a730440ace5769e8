import { chmodSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../../src/job.ts";
import { database, runEntry } from "../../../helpers/entry.ts";
import { describeHost, runHost, shippedJob, startHost } from "../../../helpers/host.ts";
import { manifestOf } from "../../../helpers/job-manifest.ts";
import { closedPort, makeCertificate, tcpServer, tlsServer, webServer } from "../../../helpers/servers.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";
import { until } from "../../../helpers/world.ts";

const DAY = 86_400_000;
/** The machine of the tests may be busy. */
const PATIENT = { timeout: "50s", degradedAfter: "50s" };
const module = shippedJob("monitoring/health-check");

describe("a check of health-check", () => {
  it("asks a web server for its status and its body", async () => {
    const url = await webServer(({ url: path = "" }, response) => {
      response.statusCode = path === "/broken" ? 503 : path === "/moved" ? 302 : 200;
      response.end(path === "/wrong" ? "maintenance" : '{"status":"ok"}');
    });
    const http = (path: string, more = {}) => ({ type: "http", url: url + path, ...PATIENT, ...more });
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
    const [asked, waiting] = [{ amount: 0 }, [] as ServerResponse[]];
    const url = await webServer(({ url: path }, response) => {
      if (path === "/endless") response.write("x");
      if (path === "/slow") waiting.push(response);
      // Only when all have asked is any answered, and late.
      if (++asked.amount === 6) setTimeout(() => waiting.forEach((each) => each.end("ok")), 400);
    });
    const slow = { type: "http", url: `${url}/slow`, degradedAfter: "200ms", timeout: "50s" };
    const stuck = { type: "http", url: `${url}/never`, timeout: "600ms" };
    const { checks } = await look({ a: slow, b: slow, c: slow, d: stuck, e: stuck, f: { ...stuck, url: `${url}/endless`, match: "y" } });
    expect(checks).toMatchObject({
      a: { status: "degraded", detail: expect.stringMatching(/^status 200, but after \d+ ms; more than 200ms is slow$/) },
      d: { status: "down", detail: "no answer within 600ms" },
      f: { status: "down", detail: "no answer within 600ms" },
    });
  });

  it("knows a certificate that ends soon, from a server and from a file", async () => {
    const [soon, later] = [makeCertificate(3), makeCertificate(90)];
    const host = { type: "certificate", host: "127.0.0.1", ...PATIENT };
    const { checks } = await look(
      {
        server: { ...host, port: await tlsServer(soon) },
        far: { ...host, port: await tlsServer(later) },
        file: { type: "certificate", file: soon.certificate, downWithin: "1d", ...PATIENT },
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
    const data = await database("sqlite");
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
    await until(() => host.messages.length > 0);
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

function unitsEntry(path: string) {
  return {
    uses: "monitoring/health-check",
    env: { PATH: path },
    with: { checks: { up: unit("up"), busy: unit("busy"), dead: unit("dead") } },
  };
}

function unit(name: string) {
  return { type: "systemd", unit: `${name}.service`, ...PATIENT };
}

/** Runs checks on an empty database; tells what was found of each. */
async function look(checks: Record<string, Json>, request: { now?: number } = {}): Promise<{ checks: Json; counts: Record<string, Json> }> {
  const data = await database("sqlite");
  const { end } = await runHost({ module, database: data.url, params: { checks }, ...request });
  if (!end || !("result" in end)) throw new Error(JSON.stringify(end));
  const { checks: found = {}, okCount = 0, degradedCount = 0, downCount = 0 } = end.result as Record<string, Json>;
  return { checks: found, counts: { okCount, degradedCount, downCount } };
}
