import { execFileSync } from "node:child_process";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { until, type World, world } from "../helpers/world.ts";

const ME = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
const begun = (w: World, job = "slow") =>
  until(() => w.exists(`state/locks/${job}.lock`) && w.read(`state/locks/${job}.lock`).includes('"child"'), `${job} runs`);
const lines = (w: World, file: string): string[] => (w.exists(file) ? w.read(file).trim().split("\n") : []);
const pair = (need: string): string => `
  load: { shell: "[ -e fail ] && exit 4; while [ -e hold ]; do sleep 0.05; done" }
  report: { shell: echo >> out, needs: [${need}] }
`;
const report = (w: World) => w.jobctl(["run", "report", "--json"]);

describe("needs", () => {
  it("skip with 75 until the other job's latest run has succeeded within the time, naming it and why", async () => {
    const w = world(pair("{ job: load, within: 1500ms }"));
    const details: (string | null)[] = [];
    const tell = async () => details.push(JSON.parse((await report(w)).stdout).detail);
    expect((await report(w)).code).toBe(75);
    await tell();
    w.write("fail", "");
    await w.jobctl(["run", "load"]);
    await tell();
    execFileSync("rm", [`${w.dir}/fail`]);
    await w.jobctl(["run", "load"]);
    await tell();
    expect(lines(w, "out")).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    await tell();
    expect(details).toEqual([
      "needs load, of which no run is recorded",
      expect.stringMatching(/^needs load, whose latest run \d+ did not succeed \(failed\)$/),
      null,
      expect.stringMatching(/^needs load, whose latest run \d+ succeeded \d+s ago, allowed is 1s500ms$/),
    ]);
    expect((await w.runs()).at(-1)).toMatchObject({ status: "skipped", reason: "dependency" });
  });

  it("waits while the other job runs, and begins when it has succeeded", async () => {
    const w = world(pair("{ job: load, wait: 20s }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const waiting = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes('"waitsFor":"run 1 of load"'));
    expect((await w.jobctl(["run", "report"])).code).toBe(75);
    execFileSync("rm", [`${w.dir}/hold`]);
    expect([(await load.ended).code, (await waiting.ended).code]).toEqual([0, 0]);
    const [done, after] = (await w.runs()).filter(({ status }) => status === "succeeded") as { startedAt: string; finishedAt: string }[];
    expect(Date.parse(after?.startedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(done?.finishedAt ?? ""));
  });

  it("gives up after the wait", async () => {
    const w = world(pair("{ job: load, wait: 300ms }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const end = await report(w);
    expect(end.code).toBe(75);
    expect(JSON.parse(end.stdout).detail).toMatch(/^needs load, whose run 1 has not ended yet after a wait of \d+ms$/);
    load.child.kill("SIGTERM");
    await load.ended;
  });

  it("waits for a job that is due in this minute", async () => {
    const w = world(`
      load: { shell: echo >> out, schedule: "* * * * *" }
      report: { shell: echo >> out, needs: [{ job: load, wait: 50s }] }
    `);
    await w.jobctl(["run", "load", "--scheduled-for", "2026-11-01T00:00:00Z"]);
    const database = new Database(`${w.stateDir}/history.db`);
    database.prepare("UPDATE runs SET started_at = started_at - 120000, finished_at = finished_at - 120000").run();
    database.close();
    const waiting = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("that is due now"));
    await w.jobctl(["run", "load"]);
    expect((await waiting.ended).code).toBe(0);
    expect((await w.runs()).map(({ job }) => job)).toEqual(["load", "load", "report"]);
  });

  it("ends a wait at once when it is cancelled, and the record says who did it; the wait is no run", async () => {
    const w = world(pair("{ job: load, wait: 60s }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const waiting = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("waitsFor"));
    expect((await w.jobctl(["cancel", "report", "--reason", "not today"])).code).toBe(0);
    expect(await waiting.ended).toMatchObject({ code: null, signal: "SIGTERM" });
    expect((await w.runs()).at(-1)).toMatchObject({
      job: "report",
      status: "skipped",
      reason: "dependency",
      detail: `waited for run 1 of load and was ended by ${ME}: not today`,
    });
    load.child.kill("SIGTERM");
    await load.ended;
  });

  it("stop waiting when the job is paused", async () => {
    const w = world(pair("{ job: load, wait: 60s }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const waiting = w.start(["run", "report", "--json"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("waitsFor"));
    await w.jobctl(["drain", "--wait", "0s"]);
    const end = await waiting.ended;
    expect([end.code, JSON.parse(end.stdout).reason]).toEqual([0, "paused"]);
    load.child.kill("SIGTERM");
    await load.ended;
  });

  it("are refused by validate when they go round in a circle", async () => {
    const w = world("a: { shell: 'true', needs: [b] }\nb: { shell: 'true', needs: [c] }\nc: { shell: 'true', needs: [a] }");
    const end = await w.jobctl(["validate"]);
    expect([end.code, end.stdout]).toEqual([78, expect.stringContaining("goes round in a circle: a → b → c → a")]);
  });

  it("are shown by graph", async () => {
    const w = world(pair("{ job: load, within: 6h, wait: 5m }"));
    expect((await w.jobctl(["graph"])).stdout).toBe("load\n└─ report  (within 6h, waits 5m)\n");
    expect((await w.jobctl(["graph", "--mermaid"])).stdout).toBe(
      'flowchart LR\n  j0["load"]\n  j1["report"]\n  j0 -->|"within 6h, waits 5m"| j1\n',
    );
    expect(JSON.parse((await w.jobctl(["graph", "report", "--json"])).stdout)[1].needs).toEqual([
      { job: "load", within: 21_600_000, wait: 300_000 },
    ]);
    expect(await w.jobctl(["graph", "raport"])).toMatchObject({ code: 64, stderr: expect.stringContaining('did you mean "report"?') });
    expect((await world("a: { shell: x }").jobctl(["graph"])).stderr).toBe("no job needs another (needs: in the manifest)\n");
  });
});
