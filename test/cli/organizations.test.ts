import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { thisMinute } from "../helpers/slots.ts";
import { isAlive, until, type World, world } from "../helpers/world.ts";

interface Part {
  organization: string;
  status: string;
  pid: number;
}

const parts = (w: World): Part[] =>
  w.rows<Part>("SELECT organization, status, supervisor_pid AS pid FROM runs WHERE organization IS NOT NULL ORDER BY id");
const ends = (w: World): string[] => parts(w).map(({ organization, status }) => `${organization} ${status}`);
const lines = (w: World, file: string): string[] => (w.exists(file) ? w.read(file).trim().split("\n") : []);
const runJson = async (w: World, ...args: string[]): Promise<{ code: number | null; run: Record<string, any> }> => {
  const { code, stdout, stderr } = await w.jobctl(["run", "bill", "--json", ...args]);
  return { code, run: JSON.parse(stdout === "" ? `{"stderr": ${JSON.stringify(stderr)}}` : stdout) as Record<string, unknown> };
};

const bill = (shell: string, more = "", list = '[printf, "a\\nb\\nc\\n"]'): string => `
  bill:
    shell: ${shell}
    scope: organization
    organizations: { command: ${list} }
    ${more}
`;

describe("scope: organization", () => {
  it("runs the job for each organization of the list, each with a record and a log, under one parent", async () => {
    const w = world(bill('echo "billing $JOBCTL_ORGANIZATION"; test "$JOBCTL_ORGANIZATION" != b || exit 3'));
    const { code, run } = await runJson(w);
    expect(code).toBe(3);
    expect(run).toMatchObject({
      status: "failed",
      reason: "organizations",
      exitCode: 3,
      error: "1 of 3 organizations were not done: b\n  b (run 3): failed, exit code 3",
      result: {
        organizations: 3,
        succeeded: 2,
        failed: 1,
        failures: [{ organization: "b", run: 3, status: "failed", exitCode: 3 }],
      },
    });
    expect(ends(w)).toEqual(["a succeeded", "b failed", "c succeeded"]);
    expect((await w.jobctl(["logs", "3"])).stdout).toBe("billing b\n");
    expect([(await w.jobctl(["wait", "1"])).code, (await w.jobctl(["wait", "2"])).code]).toEqual([3, 0]);
  });

  it("tells how long each took, not how long its parent had been at work before", async () => {
    const w = world(bill("sleep 0.3"));
    await runJson(w);
    const rows = w.rows<{ told: number; took: number }>(
      "SELECT duration_ms AS told, finished_at - started_at AS took FROM runs WHERE organization IS NOT NULL",
    );
    expect(rows).toHaveLength(3);
    for (const { told, took } of rows) expect(Math.abs(told - took)).toBeLessThan(100);
  });

  it("shows parents in history, their parts on demand, and everything in show", async () => {
    const w = world(bill("exit 0"));
    await runJson(w);
    await runJson(w);
    expect((await w.runs()).map(({ id }) => id)).toEqual([1, 5]);
    const { stdout } = await w.jobctl(["history", "--org", "b", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject([
      { id: 7, job: "bill", organization: "b", parentId: 5 },
      { id: 3, organization: "b", parentId: 1 },
    ]);
    expect((await w.jobctl(["history", "--org", "b", "bill"])).stdout).toContain("bill (b)");
    expect((await w.jobctl(["history", "--org", "x"])).stderr).toBe("no runs for the organization x yet\n");
    expect((await w.jobctl(["show", "5"])).stdout).toMatch(/organizations:\n {2}run 6 {2}a {2}succeeded .*\n {2}run 7 {2}b/);
    expect(JSON.parse((await w.jobctl(["show", "1", "--json"])).stdout).parts).toMatchObject([{ id: 2 }, { id: 3 }, { id: 4 }]);
    expect((await w.jobctl(["show", "7"])).stdout).toMatch(/organization +b\npart of +run 5\n/);
    expect((await w.jobctl(["status", "bill"])).stdout).toContain("run 5");
  });

  it("runs at most concurrencyLimit of them at once, and without one after the other", async () => {
    const list = '[sh, -c, "seq 8"]';
    const mark = 'echo "+" >> marks; sleep 0.1; echo "-" >> marks';
    const most = async (more: string): Promise<number> => {
      const w = world(bill(mark, more, list));
      expect((await runJson(w)).run).toMatchObject({ result: { succeeded: 8 } });
      let [now, top] = [0, 0];
      for (const each of lines(w, "marks")) top = Math.max(top, (now += each === "+" ? 1 : -1));
      return top;
    };
    expect([await most("resources: { concurrencyLimit: 3 }"), await most("")]).toEqual([3, 1]);
  });

  it("gives each its own attempts and its own timeout", async () => {
    const shell = '[ "$JOBCTL_ORGANIZATION$JOBCTL_ATTEMPT" != a1 ] || exit 1; [ "$JOBCTL_ORGANIZATION" != b ] || sleep 30';
    const retry = "retry: { maxRetries: 1, backoff: fixed, initialDelay: 10ms }";
    const w = world(bill(`'${shell}'`, `timeout: 2s\n    ${retry}\n    resources: { concurrencyLimit: 3 }`));
    const { code, run } = await runJson(w);
    expect([code, run["exitCode"]]).toEqual([124, 124]);
    expect(ends(w).toSorted()).toEqual(["a succeeded", "b timed-out", "c succeeded"]);
    const attempts = w.rows("SELECT attempts FROM runs WHERE organization IS NOT NULL ORDER BY organization");
    expect(attempts).toEqual([{ attempts: 2 }, { attempts: 2 }, { attempts: 1 }]);
  });

  it("counts the CPU time of each, also side by side", async () => {
    const shell = '[ "$JOBCTL_ORGANIZATION" != b ] || { i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done; }';
    const w = world(bill(`'${shell}'`, "resources: { concurrencyLimit: 3 }"));
    await runJson(w);
    const cpu = w.rows<{ cpu: number }>("SELECT cpu_ms AS cpu FROM runs ORDER BY organization").map((row) => row.cpu);
    const [all = 0, a = 0, b = 0, c = 0] = cpu;
    expect(b).toBeGreaterThan(2 * (a + c));
    expect(all).toBeGreaterThanOrEqual(a + b + c);
  });

  it("records the peak memory of each, and shows it with its CPU time", async () => {
    const fat = 'node -e "const a = Buffer.alloc(6e7, 1); setTimeout(() => a.length, 2500)"';
    const w = world(bill(`'[ "$JOBCTL_ORGANIZATION" != b ] && sleep 1.5 || ${fat}'`, "resources: { concurrencyLimit: 3 }"));
    await runJson(w);
    const [all = 0, a = 0, b = 0, c = 0] = w
      .rows<{ peak: number }>("SELECT peak_memory AS peak FROM runs ORDER BY organization")
      .map((row) => row.peak);
    expect(Math.min(all, b)).toBeGreaterThan(6e7);
    expect(Math.max(a, c)).toBeLessThan(2e7);
    expect(Math.min(a, c)).toBeGreaterThan(0);
    expect((await w.jobctl(["show", "1"])).stdout).toMatch(/\n {2}run \d {2}b {2}succeeded {2}\S+ {2}\S+ CPU, [\d.]+MB\n/);
  });

  it.each([
    ["maxMemory: 60MB", 'exec node -e "const a = []; setInterval(() => a.push(Buffer.alloc(2e7, 1)), 20)"'],
    ["maxProcesses: 3", "for i in 1 2 3 4 5; do sleep 30 & done; wait"],
    ["maxCpuTime: 500ms", "while :; do :; done"],
  ])("ends only the part that goes beyond %s, as resource", async (limit, greed) => {
    const script = `if [ "$JOBCTL_ORGANIZATION" = b ]; then ${greed}; else : < go; fi`;
    const w = world(bill(JSON.stringify(script), `resources: { ${limit}, concurrencyLimit: 3 }\n    timeout: 40s`));
    execFileSync("mkfifo", [join(w.dir, "go")]);
    const run = w.start(["run", "bill"]);
    await until(() => w.exists("state/history.db") && ends(w).includes("b failed"), "the end of b", 30_000);
    w.write("go", "");
    expect((await run.ended).code).toBe(143);
    expect(ends(w)).toEqual(["a succeeded", "b failed", "c succeeded"]);
    const [, name] = /^(\w+)/.exec(limit) ?? [];
    expect(w.rows("SELECT reason, error FROM runs WHERE organization = 'b'")).toEqual([
      { reason: "resource", error: expect.stringMatching(new RegExp(`^${name}: \\S+( s)? used, \\S+( s)? allowed$`)) },
    ]);
  });

  it("shows whose output it is", async () => {
    const w = world(bill('echo "für $JOBCTL_ORGANIZATION"', "", '[printf, "ö\\n"]'));
    expect((await w.jobctl(["run", "bill", "--verbose"])).stdout).toBe("ö\nö | für ö\n");
  });

  it("sends a parent's retries of the list on, and tells why there is none", async () => {
    const list = (text: string): string => `[sh, -c, '${text}']`;
    const flaky = world(
      bill("exit 0", "retry: { maxRetries: 1, backoff: fixed, initialDelay: 10ms }", list('echo a; [ "$JOBCTL_ATTEMPT" = 2 ]')),
    );
    expect((await runJson(flaky)).run).toMatchObject({ status: "succeeded", attempts: 2, result: { organizations: 1 } });
    const told = async (text: string): Promise<unknown[]> => {
      const { code, run } = await runJson(world(bill("exit 0", "", list(text))));
      return [code, run["error"]];
    };
    expect(await told("exit 9")).toEqual([9, "the list of organizations: exit code 9"]);
    expect(await told("echo [1, 2")).toEqual([
      78,
      expect.stringMatching(/^the list of organizations: the command printed no JSON, though it begins with "\["/),
    ]);
    expect(await told("echo [null]")).toEqual([
      78,
      "the list of organizations: null names no organization; a name is a text or a number of up to 256 characters",
    ]);
    expect((await runJson(world(bill("exit 0", "", list('echo [1, \\"x\\", 1]'))))).run).toMatchObject({ result: { organizations: 2 } });
    expect((await runJson(world(bill("exit 0", "", list(":"))))).run).toMatchObject({ status: "succeeded", result: { organizations: 0 } });
  });

  it("counts as one execution, and one organization's success serves no slot", async () => {
    const w = world(bill('test "$JOBCTL_ORGANIZATION" != b', `schedule: { type: cron, expression: "${thisMinute()}", maxExecutions: 2 }`));
    await runJson(w, "--scheduled-for", "2026-01-01T00:00:00Z");
    expect(w.rows("SELECT executions, slot_served FROM job_state")).toEqual([{ executions: 1, slot_served: null }]);
  });
});

describe("--org", () => {
  it("runs only the organizations named, and refuses one that is not listed", async () => {
    const w = world(`${bill("exit 0")}\n  other: { shell: exit 0 }`);
    expect((await runJson(w, "--org", "c", "--org", "a")).run).toMatchObject({ status: "succeeded", result: { organizations: 2 } });
    expect(ends(w)).toEqual(["c succeeded", "a succeeded"]);
    const { code, run } = await runJson(w, "--org", "d");
    expect([code, run["error"]]).toEqual([64, '"d" is not in the list of organizations; nothing was run']);
    const refused = await w.jobctl(["run", "other", "--org", "a"]);
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringMatching(/^jobctl: --org: other does not run for each organization/)]);
  });

  it("is kept for a rerun, of the parent and of a part", async () => {
    const w = world(bill("exit 0"));
    await runJson(w, "--org", "b");
    for (const id of ["1", "2"]) expect((await w.jobctl(["rerun", id])).code).toBe(0);
    expect(ends(w)).toEqual(["b succeeded", "b succeeded", "b succeeded"]);
    expect((await w.jobctl(["show", "3"])).stdout).toMatch(/^only +b$/m);
  });
});

describe("a slot", () => {
  const slot = ["--scheduled-for", "2026-01-01T00:00:00Z"];

  it("is not done twice for an organization, unless that is forced", async () => {
    const w = world(bill('echo "$JOBCTL_ORGANIZATION" >> done; test -e fixed || test "$JOBCTL_ORGANIZATION" != b'));
    expect((await runJson(w, ...slot)).code).toBe(1);
    w.write("fixed", "");
    expect((await runJson(w, ...slot)).run).toMatchObject({
      status: "succeeded",
      result: { organizations: 3, doneBefore: 2, succeeded: 1 },
    });
    expect(lines(w, "done")).toEqual(["a", "b", "c", "b"]);
    expect((await runJson(w, ...slot, "--force")).run).toMatchObject({ result: { organizations: 3, succeeded: 3 } });
    expect((await runJson(w, ...slot, "--org", "a")).run).toMatchObject({ result: { organizations: 1, succeeded: 1 } });
  });

  it("goes on after a kill -9 of the supervisor where it stopped", async () => {
    const shell = 'echo "$JOBCTL_ORGANIZATION" >> done; test "$JOBCTL_ORGANIZATION" != b -o -e killed || { touch killed; kill -9 $PPID; }';
    const w = world(bill(`'${shell}'`, `schedule: "${thisMinute()}"\n    onCrash: rerun`));
    const cron = ["run", "--trigger", "cron", "bill"];
    expect((await w.jobctl(cron)).signal).toBe("SIGKILL");
    expect(await w.jobctl(cron)).toMatchObject({ code: 0, stderr: "" });
    expect(lines(w, "done")).toEqual(["a", "b", "b", "c"]);
    expect((await w.runs()).map(({ status, result }) => [status, result])).toEqual([
      ["crashed", null],
      ["succeeded", expect.objectContaining({ organizations: 3, doneBefore: 1, succeeded: 2 })],
    ]);
    expect(ends(w)).toEqual(["a succeeded", "b crashed", "b succeeded", "c succeeded"]);
  });

  it("is not touched while the work of a killed supervisor still goes on", async () => {
    const w = world(bill("'echo $$ >> pids; while [ ! -e go ]; do sleep 0.05; done'", "resources: { concurrencyLimit: 2 }"));
    const first = w.start(["run", "bill"]);
    await until(() => lines(w, "pids").length === 2 && w.read("state/locks/bill.lock").match(/"child"/g)?.length === 2);
    first.child.kill("SIGKILL");
    await first.ended;
    const { code, stdout } = await w.jobctl(["run", "bill", "--json"]);
    expect(code).toBe(75);
    const pids = lines(w, "pids").toSorted();
    const told = /^left behind by run 1, whose supervisor was killed: pid (\d+), (\d+), /.exec(JSON.parse(stdout).detail);
    expect(told?.slice(1).toSorted()).toEqual(pids);
    expect((await w.jobctl(["cancel", "bill"])).code).toBe(0);
    expect(pids.map(Number).filter(isAlive)).toEqual([]);
    w.write("go", "");
    expect((await runJson(w, "--org", "c")).code).toBe(0);
  });
});

describe("cancelling", () => {
  const slow = bill("'echo $$ >> pids; sleep 30'", "resources: { concurrencyLimit: 2 }\n    killAfter: 1s");

  it("ends all that run, starts no more, and tells who did it and how far it came", async () => {
    const w = world(slow);
    const run = w.start(["run", "bill"]);
    await until(() => lines(w, "pids").length === 2);
    expect((await w.jobctl(["cancel", "bill", "--reason", "enough"])).code).toBe(0);
    expect((await run.ended).signal).toBe("SIGTERM");
    expect(ends(w)).toEqual(["a cancelled", "b cancelled"]);
    expect(lines(w, "pids").map(Number).filter(isAlive)).toEqual([]);
    const [parent] = await w.runs();
    expect(parent).toMatchObject({
      status: "cancelled",
      detail: expect.stringMatching(/: enough$/),
      result: { organizations: 3, cancelled: 2, left: 1 },
    });
    expect(w.rows("SELECT detail FROM runs WHERE organization = 'a'")).toEqual([{ detail: parent?.["detail"] }]);
  });

  it("of one part alone is refused, and says how to end the whole", async () => {
    const w = world(slow);
    const run = w.start(["run", "bill"]);
    await until(() => lines(w, "pids").length === 2);
    const { code, stderr } = await w.jobctl(["cancel", "2"]);
    expect([code, stderr]).toEqual([
      64,
      "jobctl: run 2 for a is a part of run 1 and can't be ended alone; jobctl cancel 1 ends it with the others\n",
    ]);
    run.child.kill("SIGTERM");
    await run.ended;
  });
});
