import { closeSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tryLock } from "../../src/system/file-lock.ts";
import { openPrivate } from "../../src/system/private-files.ts";
import { until, type World, world } from "../helpers/world.ts";

const lines = (w: World, file: string): string[] => (w.exists(file) ? w.read(file).trim().split("\n") : []);
const tickets = (w: World, name: string): string[] =>
  w.exists(`state/locks/${name}.queue`) ? readdirSync(`${w.stateDir}/locks/${name}.queue`).filter((ticket) => !ticket.startsWith(".")) : [];
const waiters = (w: World, name: string): number => tickets(w, name).length;
const isRunning = (w: World, name: string): boolean =>
  w.exists(`state/locks/${name}.lock`) && w.read(`state/locks/${name}.lock`).includes('"child"');

function hasOpen(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith(path));
  } catch {
    return false; // it has just closed a descriptor, or ended
  }
}

/** The most marks "+" without their "-" at any time: how many ran at once. */
function mostAtOnce(marks: readonly string[]): number {
  let [now, most] = [0, 0];
  for (const mark of marks) {
    now += mark.startsWith("+") ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

describe("overlap: wait", () => {
  const job = `
    slow:
      shell: echo "+$NAME" >> marks; sleep 0.2; echo "-$NAME" >> marks
      overlap: wait
  `;

  it("runs the waiters one after the other, in the order in which they came", async () => {
    const w = world(`
      slow:
        shell: echo "$JOBCTL_RUN_KEY" >> order; while [ ! -e go ]; do sleep 0.02; done
        overlap: wait
    `);
    const runs = [w.start(["run", "slow"])];
    await until(() => isRunning(w, "slow"));
    for (let n = 1; n <= 4; n++) {
      runs.push(w.start(["run", "slow"]));
      await until(() => waiters(w, "slow") === n);
    }
    w.write("go", "");
    const ends = await Promise.all(runs.map(({ ended }) => ended));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    const began = (await w.runs()).map(({ key }) => key);
    expect(lines(w, "order")).toEqual(began);
    const sorted = (began as string[]).toSorted();
    expect(began).toEqual(sorted);
  });

  it("never runs two at once, and moves on when waiters are killed", async () => {
    const w = world(job);
    const runs = Array.from({ length: 12 }, () => w.start(["run", "slow"]));
    await until(() => waiters(w, "slow") >= 8);
    for (const victim of [runs[3], runs[7]]) victim?.child.kill("SIGKILL");
    const ends = await Promise.all(runs.map(({ ended }) => ended));
    expect(mostAtOnce(lines(w, "marks"))).toBe(1);
    expect(ends.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(10);
    // The ticket of one that was killed at the end of the line is taken away by the next who waits.
    const lock = openSync(`${w.stateDir}/locks/slow.lock`, "r+");
    expect(tryLock(lock)).toBe(true);
    const left = tickets(w, "slow");
    const next = w.start(["run", "slow"]);
    await until(() => tickets(w, "slow").some((ticket) => !left.includes(ticket)));
    closeSync(lock);
    expect((await next.ended).code).toBe(0);
    expect(waiters(w, "slow")).toBe(0);
  });

  it("refuses beyond queueLimit, and after waitTimeout, with 75", async () => {
    const w = world(`
      slow:
        command: [sleep, "30"]
        overlap: wait
        queueLimit: 1
        waitTimeout: 4s
    `);
    const first = w.start(["run", "slow"]);
    await until(() => isRunning(w, "slow"));
    const second = w.start(["run", "slow", "--json"]);
    await until(() => waiters(w, "slow") === 1);
    const third = await w.jobctl(["run", "slow", "--json"]);
    expect([third.code, JSON.parse(third.stdout).detail]).toEqual([75, "1 runs wait already (queueLimit 1)"]);
    const waited = await second.ended;
    expect([waited.code, JSON.parse(waited.stdout).detail]).toEqual([
      75,
      expect.stringMatching(/^waited for slow as long as waitTimeout allows; run 1 holds/),
    ]);
    first.child.kill("SIGTERM");
    await first.ended;
  });

  it("lets no more than queueLimit wait, also of those who come at once", async () => {
    const w = world(`
      slow:
        shell: while [ ! -e go ]; do sleep 0.02; done
        overlap: wait
        queueLimit: 2
    `);
    const first = w.start(["run", "slow"]);
    await until(() => isRunning(w, "slow"));
    // One at a time counts the line and joins it; here all of them meet before that.
    const door = openPrivate(`${w.stateDir}/locks/slow.queue/.door`, "new");
    expect(tryLock(door)).toBe(true);
    const others = Array.from({ length: 12 }, () => w.start(["run", "slow"]));
    let refused = 0;
    for (const { ended } of others) void ended.then(() => refused++);
    await until(() => others.every(({ pid }) => hasOpen(pid, "slow.queue/.door")));
    expect(waiters(w, "slow")).toBe(0);
    closeSync(door);
    await until(() => refused >= 10, "ten that are refused");
    w.write("go", "");
    const ends = await Promise.all([first, ...others].map(({ ended }) => ended));
    expect(ends.map(({ code }) => code).toSorted()).toEqual([0, 0, 0, ...Array.from({ length: 10 }, () => 75)]);
  });

  it("ends a waiter at once on SIGTERM, and records it", async () => {
    const w = world(`
      slow:
        command: [sleep, "30"]
        overlap: wait
    `);
    const first = w.start(["run", "slow"]);
    await until(() => isRunning(w, "slow"));
    const second = w.start(["run", "slow"]);
    await until(() => waiters(w, "slow") === 1);
    second.child.kill("SIGTERM");
    expect((await second.ended).signal).toBe("SIGTERM");
    first.child.kill("SIGTERM");
    await first.ended;
    expect((await w.runs()).map(({ status, error }) => [status, String(error)]).toSorted()).toEqual([
      ["cancelled", "null"],
      ["cancelled", "while it waited for its turn"],
    ]);
  });
});

describe("overlap: allow", () => {
  it("runs up to concurrencyLimit at once and refuses the next", async () => {
    const w = world(`
      many:
        command: [sleep, "30"]
        overlap: allow
        resources: { concurrencyLimit: 2 }
    `);
    const runs = [w.start(["run", "many"]), w.start(["run", "many"])];
    await until(() => isRunning(w, "many") && isRunning(w, "many.1"));
    expect((await w.jobctl(["run", "many"])).code).toBe(75);
    for (const { child } of runs) child.kill("SIGTERM");
    for (const { ended } of runs) await ended;
  });
});

describe("overlap: replace", () => {
  it("ends the running one by the whole ladder, and both sides say so", async () => {
    const w = world(`
      slow:
        shell: trap '' TERM; echo $$ >> pids; while [ "$(wc -l < pids)" = 1 ]; do sleep 0.05; done
        overlap: replace
        killAfter: 300ms
    `);
    const first = w.start(["run", "slow"]);
    await until(() => w.exists("pids"));
    const second = await w.jobctl(["run", "slow"]);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain("ending run 1 (overlap: replace)");
    expect((await first.ended).signal).toBe("SIGTERM");
    const [one, two] = await w.runs();
    expect(one).toMatchObject({ status: "cancelled", detail: `by run ${two?.key}: overlap: replace` });
    expect(two).toMatchObject({ status: "succeeded" });
  });
});

describe("overlap: replace by several at once", () => {
  const stubborn = `
    slow:
      shell: trap '' TERM; echo + >> marks; while [ ! -e go ]; do sleep 0.02; done; echo done >> marks
      overlap: replace
      killAfter: 100ms
  `;

  it("leaves one of them, and never runs two", async () => {
    const w = world(stubborn);
    const runs = [w.start(["run", "slow"])];
    await until(() => w.exists("marks"));
    for (let n = 0; n < 4; n++) runs.push(w.start(["run", "slow"]));
    await until(() => runs.filter(({ child }) => child.exitCode !== null || child.signalCode !== null).length === 4, "four ends", 30_000);
    w.write("go", "");
    const ends = await Promise.all(runs.map(({ ended }) => ended));
    expect(ends.filter(({ code }) => code === 0)).toHaveLength(1);
    // One that never began leaves no mark, one that was replaced has not come to its end.
    expect(w.read("marks").match(/done/g)).toHaveLength(1);
  });

  it("ends a replacement at once that is asked to end while it waits for the other's end", async () => {
    const w = world(stubborn.replace("100ms", "60s"));
    const first = w.start(["run", "slow"]);
    await until(() => w.exists("marks"));
    const second = w.start(["run", "slow"]);
    await until(() => w.exists("state/requests") && readdirSync(`${w.stateDir}/requests`).length === 1);
    second.child.kill("SIGTERM");
    expect(await second.ended).toMatchObject({ signal: "SIGTERM", stderr: expect.stringContaining("slow was cancelled") });
    expect((await w.runs())[1]).toMatchObject({ status: "cancelled", attempts: 0, error: "while it waited for its turn" });
    w.write("go", "");
    await first.ended;
    expect(w.read("marks")).toBe("+\ndone\n");
  });
});

describe("groups and the host's limit", () => {
  it.each([
    ["skip", 75],
    ["replace", 0],
  ])("name a run that waits for its turn to others of its job (overlap: %s)", async (overlap, exitCode) => {
    const w = world(
      `
      blocker: { shell: "while [ ! -e go ]; do sleep 0.02; done", group: db }
      slow:
        shell: "while [ ! -e go ]; do sleep 0.02; done"
        group: db
        overlap: ${overlap}
      `,
      "groups: { db: { limit: 1 } }",
    );
    // What a killed run has noted must not be told of the one that holds the lock now.
    w.write("state/locks/slow.lock", JSON.stringify({ key: "old", supervisor: { pid: 1, start: 0 }, deadline: 1, startedAt: 0 }));
    const blocker = w.start(["run", "blocker"]);
    await until(() => isRunning(w, "blocker"));
    const waits = w.start(["run", "slow"]);
    await until(() => waiters(w, "@group-db") === 1);
    const { key } = JSON.parse(w.read("state/locks/slow.lock")) as { key: string };
    const other = w.start(["run", "slow", "--json"]);
    if (overlap === "replace") expect((await waits.ended).signal).toBe("SIGTERM");
    else expect(JSON.parse((await other.ended).stdout).detail).toContain(`run ${key} holds the lock since`);
    w.write("go", "");
    const ends = await Promise.all([blocker, other].map(({ ended }) => ended));
    expect(ends.map(({ code }) => code)).toEqual([0, exitCode]);
    expect(ends[1]?.stderr).not.toContain("killed supervisor");
    await waits.ended;
  });

  it("let no more run at once than they say, the more important first, and nobody starves when waiters are killed", async () => {
    const priorities = ["low", "normal", "high", "critical"];
    const names = Array.from({ length: 30 }, (_, index) => `job-${index}`);
    const jobs = names.map(
      (name, index) =>
        `${name}: { shell: 'echo "+" >> marks; echo ${index % 4} >> order; sleep 0.05; echo "-" >> marks', group: db, priority: ${priorities[index % 4]} }`,
    );
    const w = world(
      `blocker: { shell: "while [ ! -e go ]; do sleep 0.02; done", group: db }\nblocker-2: { shell: "while [ ! -e go ]; do sleep 0.02; done", group: db }\n${jobs.join("\n")}`,
      "groups: { db: { limit: 2 } }",
    );
    const blockers = ["blocker", "blocker-2"].map((name) => w.start(["run", name]));
    await until(() => isRunning(w, "@group-db") && isRunning(w, "@group-db.1"));
    const runs = names.map((name) => w.start(["run", name]));
    await until(() => waiters(w, "@group-db") === 30, "30 waiters");
    const victims = [2, 11, 29];
    for (const index of victims) runs[index]?.child.kill("SIGKILL");
    w.write("go", "");
    const ends = await Promise.all([...blockers, ...runs].map(({ ended }) => ended));
    expect(ends.filter(({ code }) => code === 0)).toHaveLength(29);
    expect(mostAtOnce(lines(w, "marks"))).toBeLessThanOrEqual(2);
    const order = lines(w, "order").map(Number);
    expect(order).toHaveLength(27);
    // Two run side by side, so neighbours may change places.
    const inversions = order.filter((priority, index) => index > 1 && priority > Math.max(...order.slice(index - 2, index)));
    expect(inversions).toEqual([]);
  });

  it("a host's limit holds for all jobs", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `job-${index}`);
    const w = world(
      names.map((name) => `${name}: { shell: 'echo "+" >> marks; sleep 0.1; echo "-" >> marks' }`).join("\n"),
      "limits: { running: 3 }",
    );
    const ends = await Promise.all(names.map((name) => w.jobctl(["run", name])));
    expect(ends.every(({ code }) => code === 0)).toBe(true);
    expect(mostAtOnce(lines(w, "marks"))).toBeLessThanOrEqual(3);
    expect(lines(w, "marks")).toHaveLength(16);
  });
});
