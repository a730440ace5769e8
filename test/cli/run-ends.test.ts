import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { marked } from "../helpers/marked.ts";
import { isAlive, until, world } from "../helpers/world.ts";

const child = (w: ReturnType<typeof world>): number => JSON.parse(w.read("state/locks/slow.lock")).child?.pid;
const running = (w: ReturnType<typeof world>) =>
  until(() => w.exists("state/locks/slow.lock") && w.read("state/locks/slow.lock").includes('"child"'));

describe("the end of a run", () => {
  it("comes by TERM to the whole group when the timeout is over, and the run is timed-out with 124", async () => {
    const w = world(`
      slow:
        shell: trap 'echo bye; exit 0' TERM; echo started; sleep 60 & wait
        timeout: 300ms
        env: { MARK: jobctl-timeout-test }
    `);
    const { code, stderr } = await w.jobctl(["run", "slow"]);
    expect(code).toBe(124);
    expect(stderr).toContain("timed out (timeout)");
    expect(stderr).toContain("bye");
    expect((await w.runs())[0]).toMatchObject({ status: "timed-out", reason: "timeout", exitCode: 124 });
    expect(marked("MARK=jobctl-timeout-test")).toEqual([]);
  });

  it("comes by KILL when TERM is ignored for killAfter", async () => {
    const w = world(`
      stubborn:
        shell: trap '' TERM; while :; do sleep 0.05; done
        timeout: 200ms
        killAfter: 300ms
    `);
    const end = await w.jobctl(["run", "stubborn"]);
    expect(end.code).toBe(124);
    const [run] = await w.runs();
    expect(run?.durationMs).toBeGreaterThanOrEqual(500);
  });

  it("does not come at once for a timeout of 30 days", async () => {
    const w = world(`
      patient:
        command: [sleep, "0.3"]
        timeout: 30d
    `);
    expect((await w.jobctl(["run", "patient"])).code).toBe(0);
  });

  it("comes when the job is silent for idleTimeout, and not while it prints", async () => {
    const w = world(`
      chatty:
        shell: for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done
        idleTimeout: 600ms
      silent:
        shell: echo once; sleep 60
        idleTimeout: 300ms
    `);
    expect((await w.jobctl(["run", "chatty"])).code).toBe(0);
    expect((await w.jobctl(["run", "silent"])).code).toBe(124);
    expect((await w.runs())[1]).toMatchObject({ status: "timed-out", reason: "idle-timeout" });
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "passes %s on to the job, records cancelled and ends by the same signal",
    async (signal) => {
      const w = world(`
      slow:
        shell: trap 'echo got it; exit 0' TERM INT HUP; echo started; while :; do sleep 0.05; done
    `);
      const run = w.start(["run", "slow"]);
      await until(
        () =>
          w.exists("state/logs/slow") &&
          readdirSync(`${w.stateDir}/logs/slow`).some((log) => w.read(`state/logs/slow/${log}`).includes(" F started")),
      );
      run.child.kill(signal);
      expect(await run.ended).toMatchObject({ code: null, signal });
      const [row] = await w.runs();
      expect(row).toMatchObject({ status: "cancelled", signal });
      expect(w.read(`state/logs/slow/${readdirSync(`${w.stateDir}/logs/slow`)[0]}`)).toContain("got it");
    },
  );

  it("comes with reason resource when the group uses more memory than maxMemory", async () => {
    const w = world(`
      greedy:
        command: [node, -e, "const a = []; setInterval(() => a.push(Buffer.alloc(2e7, 1)), 20)"]
        resources: { maxMemory: 100MB }
        timeout: 20s
    `);
    const { code } = await w.jobctl(["run", "greedy"]);
    const [run] = await w.runs();
    expect(run).toMatchObject({
      status: "failed",
      reason: "resource",
      error: expect.stringMatching(/^maxMemory: [\d.]+MB used, 100MB allowed$/),
    });
    expect(code).toBe(143);
  });

  it("comes with reason resource when the group uses more CPU time than maxCpuTime", async () => {
    const w = world(`
      busy:
        shell: while :; do :; done
        resources: { maxCpuTime: 500ms }
        timeout: 20s
    `);
    await w.jobctl(["run", "busy"]);
    expect((await w.runs())[0]).toMatchObject({ status: "failed", reason: "resource", error: expect.stringMatching(/^maxCpuTime: /) });
  });

  it("keeps the beginning and the end of a large output, and says what was cut", async () => {
    const w = world(`
      loud:
        command: [seq, "1", "400000"]
        maxOutput: 1MB
    `);
    expect((await w.jobctl(["run", "loud"])).code).toBe(0);
    const { stdout, stderr } = await w.jobctl(["logs", "loud"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("1");
    expect(lines).toContain("400000");
    expect(stderr).toMatch(/\d+ bytes of output were cut here \(maxOutput\)/);
    expect(stdout.length).toBeLessThan(1_100_000);
  });
});

describe("a crash of the supervisor", () => {
  const slow = `
    slow:
      command: [sleep, "30"]
  `;
  it("leaves the lock with the orphan: the next run is refused until it ends, and then marks the crash", async () => {
    const w = world(slow);
    const first = w.start(["run", "slow"]);
    await running(w);
    first.child.kill("SIGKILL");
    await first.ended;
    const second = await w.jobctl(["run", "slow", "--json"]);
    expect(second.code).toBe(75);
    expect(JSON.parse(second.stdout).detail).toMatch(
      /^left behind by run 1, whose supervisor was killed: pid \d+, sleep 30, since \S+; it has no timeout: end it yourself$/,
    );
    process.kill(child(w), "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const third = w.start(["run", "slow"]);
    await until(() => w.rows("SELECT 1 FROM runs WHERE status = 'crashed'").length === 1);
    third.child.kill("SIGTERM");
    await third.ended;
    expect((await w.runs()).map(({ status, reason }) => [status, reason])).toEqual([
      ["crashed", "its supervisor was killed"],
      ["skipped", "locked"],
      ["cancelled", null],
    ]);
  });

  it("refuses also where the orphan has closed its descriptors: pid and start time tell", async () => {
    const w = world(`
      slow:
        shell: exec 3>&- ; exec sleep 30
    `);
    const first = w.start(["run", "slow"]);
    await running(w);
    await new Promise((resolve) => setTimeout(resolve, 200));
    first.child.kill("SIGKILL");
    await first.ended;
    expect((await w.jobctl(["run", "slow"])).code).toBe(75);
    process.kill(child(w), "SIGKILL");
  });

  it("lets the next run end an orphan whose timeout and killAfter are past, and go on", async () => {
    const w = world(`
      slow:
        shell: '[ -e second ] || sleep 30'
        timeout: 300ms
        killAfter: 300ms
    `);
    const first = w.start(["run", "slow"]);
    await running(w);
    first.child.kill("SIGKILL");
    await first.ended;
    const orphan = child(w);
    await new Promise((resolve) => setTimeout(resolve, 700));
    w.write("second", "");
    const second = await w.jobctl(["run", "slow"]);
    expect(second.stderr).toContain("ending run 1, which a killed supervisor left behind");
    expect(second.code).toBe(0);
    expect(isAlive(orphan)).toBe(false);
    expect((await w.runs()).map(({ status }) => status)).toEqual(["crashed", "succeeded"]);
  });
});
