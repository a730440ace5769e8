import { execFileSync, spawnSync } from "node:child_process";
import { userInfo } from "node:os";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { JOBCTL, until, type World, world } from "../helpers/world.ts";

const MODULE = `import { writeFileSync } from "node:fs";
import { defineJob } from "jobctl";
export default defineJob({ description: "x", check: () => "no mail server", run() { writeFileSync("began", ""); } });`;

const began = (w: World): boolean => w.exists("began");
const isRunning = (w: World, name: string): boolean =>
  w.exists(`state/locks/${name}.lock`) && w.read(`state/locks/${name}.lock`).includes('"child"');

/** A job that leaves a file when anything of it runs. */
const gated = (fields: string, top = ""): World => {
  const w = world(`gated:\n  shell: touch began\n  ${fields}\nneeded: { shell: exit 3 }`, top);
  w.write("job.mjs", MODULE);
  return w;
};
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString();
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();
const clock = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16);

describe("a gate that says no", () => {
  it.each([
    ["disabled", "enabled: false", 0],
    ["environment", "security: { allowedEnvironments: [production] }", 77],
    ["not-started", `schedule: { expression: "@daily", startDate: "${TOMORROW}" }`, 0],
    ["expired", `schedule: { expression: "@daily", endDate: "${YESTERDAY}" }`, 0],
    ["window", `window: { from: "${clock(120)}", to: "${clock(180)}" }`, 0],
    ["dependency", "needs: [needed]", 75],
    ["load", "resources: { maxLoad: 0.01 }", 75],
    ["disk", "resources: { minFree: 900TB }", 75],
  ])(
    "%s: nothing of the job runs, the skip is recorded, and --force passes it unless it is the environment",
    async (reason, fields, code) => {
      const w = gated(fields);
      // Load, for the gate that looks at it.
      const busy = reason === "load" ? await loaded() : undefined;
      expect((await w.jobctl(["run", "gated"])).code).toBe(code);
      busy?.();
      expect(began(w)).toBe(false);
      expect(await w.runs()).toMatchObject([{ status: "skipped", reason, detail: expect.stringMatching(/./) }]);
      const forced = await w.jobctl(["run", "gated", "--force"]);
      expect([forced.code, began(w)]).toEqual(reason === "environment" ? [77, false] : [0, true]);
    },
  );

  it("exhausted: maxExecutions counts runs, not skips, whatever becomes of their rows", async () => {
    const w = gated('schedule: { expression: "@daily", maxExecutions: 2 }');
    for (const code of [0, 0, 0]) expect((await w.jobctl(["run", "gated"])).code).toBe(code);
    expect((await w.runs()).map(({ status, reason }) => reason ?? status)).toEqual(["succeeded", "succeeded", "exhausted"]);
    const database = new Database(`${w.stateDir}/history.db`);
    database.exec("DELETE FROM runs");
    database.close();
    await w.jobctl(["run", "gated"]);
    expect(await w.runs()).toMatchObject([{ status: "skipped", reason: "exhausted" }]);
    expect((await w.jobctl(["run", "gated", "--force"])).code).toBe(0);
  });

  it("job-check: the module's own check ends the run with 75, and --force passes it", async () => {
    const w = world("gated: { uses: ./job, retry: { maxRetries: 2, initialDelay: 10ms } }");
    w.write("job.mjs", MODULE);
    expect((await w.jobctl(["run", "gated"])).code).toBe(75);
    expect(began(w)).toBe(false);
    expect(await w.runs()).toMatchObject([{ status: "skipped", reason: "job-check", detail: "no mail server", attempts: 1 }]);
    expect((await w.jobctl(["run", "gated", "--force"])).code).toBe(0);
    expect(began(w)).toBe(true);
  });

  it("permission: a caller who is not root needs every permission, also with --force, and is told where to grant it", () => {
    const isRoot = process.getuid?.() === 0;
    const access = `access: { user:${isRoot ? "nobody" : userInfo().username}: [users:read], user:root: [users:read], group:nogroup: [system:cleanup] }`;
    const w = gated("security: { permissions: [system:cleanup, users:manage] }", access);
    const asNobody = (...args: string[]) => {
      const argv = [process.execPath, JOBCTL, "run", "gated", ...args];
      const [file, ...rest] = isRoot ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--init-groups", ...argv] : argv;
      return spawnSync(file as string, rest, { cwd: w.dir, env: w.env, encoding: "utf8" });
    };
    if (isRoot) execFileSync("chown", ["-R", "nobody:nogroup", w.dir]);
    for (const args of [[], ["--force"]]) {
      const { status, stderr } = asNobody(...args);
      expect([status, stderr]).toEqual([
        77,
        expect.stringMatching(/lacks (system:cleanup, )?users:manage; grant it under access: in the manifest/),
      ]);
    }
    expect(began(w)).toBe(false);
    w.write("jobctl.yaml", w.read("jobctl.yaml").replaceAll("users:read", "users:manage, system:cleanup"));
    expect(asNobody()).toMatchObject({ status: 0, stderr: "" });
  });

  it("first decides: a disabled job in the wrong environment is disabled", async () => {
    const w = gated("enabled: false\n  security: { allowedEnvironments: [production] }\n  resources: { minFree: 900TB }");
    expect((await w.jobctl(["run", "gated"])).code).toBe(0);
    expect(await w.runs()).toMatchObject([{ reason: "disabled" }]);
  });

  it("is no lock: --force never runs a job twice at once", async () => {
    const w = world("slow: { command: [sleep, '30'] }");
    const first = w.start(["run", "slow"]);
    await until(() => isRunning(w, "slow"));
    expect((await w.jobctl(["run", "slow", "--force"])).code).toBe(75);
    first.child.kill("SIGTERM");
    await first.ended;
  });
});

describe("the locks of a run", () => {
  it("are taken in the order job, group, host: who waits for a group's place holds its job's lock", async () => {
    const w = world(
      "holder: { command: [sleep, '30'], group: db }\nwaiter: { shell: touch began, group: db }\nother: { shell: touch other }",
      "groups: { db: { limit: 1 } }\nlimits: { running: 2 }",
    );
    const holder = w.start(["run", "holder"]);
    await until(() => isRunning(w, "holder"));
    const waiter = w.start(["run", "waiter"]);
    await until(() => w.exists("state/locks/@group-db.queue"));
    expect((await w.jobctl(["run", "waiter"])).code).toBe(75);
    // It holds no place of the host's limit yet: another job still gets one.
    expect((await w.jobctl(["run", "other"])).code).toBe(0);
    holder.child.kill("SIGTERM");
    await holder.ended;
    expect((await waiter.ended).code).toBe(0);
    expect(began(w)).toBe(true);
  });

  it("are the kernel's: a lock file that names a dead holder, or rubbish, refuses nobody, and is never unlinked", async () => {
    const w = world("quick: { shell: echo >> ran }");
    const inode = (): string => execFileSync("stat", ["-c", "%i", `${w.stateDir}/locks/quick.lock`], { encoding: "utf8" });
    await w.jobctl(["run", "quick"]);
    const first = inode();
    const dead = { pid: 4_194_303, start: 1 };
    for (const text of [
      JSON.stringify({ key: "x", runId: 9, job: "quick", supervisor: dead, child: dead, command: "x" }),
      "rubbish",
      `${process.pid}`,
    ]) {
      w.write("state/locks/quick.lock", text);
      expect(await w.jobctl(["run", "quick"])).toMatchObject({ code: 0, stderr: "" });
    }
    expect([w.read("ran"), inode()]).toEqual(["\n".repeat(4), first]);
  });
});

/** A machine on which something runs: two processes that only count, until the load is seen. */
async function loaded(): Promise<() => void> {
  const { spawn } = await import("node:child_process");
  const busy = Array.from({ length: 2 }, () => spawn("sh", ["-c", "while :; do :; done"]));
  const { loadavg, availableParallelism } = await import("node:os");
  await until(() => (loadavg()[0] ?? 0) / availableParallelism() > 0.02, "some load", 30_000);
  return () => busy.forEach((each) => each.kill());
}
