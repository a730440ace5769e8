import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { changeHistory, cron, HOUR, installedSince, job, thisMinute, ticks } from "../helpers/slots.ts";
import { until, type World, world } from "../helpers/world.ts";

async function missed(w: World): Promise<number[]> {
  const { stdout } = await w.jobctl(["status", "--json"]);
  return (JSON.parse(stdout) as { missed: { count: number } }[]).map((each) => each.missed.count);
}

describe("a triggered run", () => {
  it.each([
    ["none", 0],
    ["last", 1],
    ["all", 5],
  ])("catches up %s of the slots that were missed", async (catchUp, count) => {
    // Slots are at half past now: none is on time.
    const startDate = new Date(Date.now() - 10 * HOUR + HOUR / 2).toISOString();
    const w = world(job(`{ type: interval, expression: 1h, startDate: "${startDate}", catchUp: ${catchUp}, catchUpWithin: 1d }`));
    await cron(w);
    installedSince(w, Date.now() - 5 * HOUR);
    execFileSync("rm", ["-f", `${w.dir}/ticks`]);
    expect((await cron(w)).code).toBe(0);
    const slots = ticks(w).map((line) => Date.parse(line.split(" ")[0] ?? ""));
    expect(slots).toHaveLength(count);
    expect(slots).toEqual(slots.toSorted((a, b) => a - b));
    if (count > 0) expect(Date.now() - (slots.at(-1) ?? 0)).toBeLessThan(HOUR);
    await cron(w);
    expect(ticks(w)).toHaveLength(count);
  });

  it("ends with the last failure when it catches up several slots", async () => {
    const startDate = new Date(Date.now() - 10 * HOUR + HOUR / 2).toISOString();
    const w = world(job(`{ type: interval, expression: 1h, startDate: "${startDate}", catchUp: all }`, '[ "$(wc -l < ticks)" != 2 ]'));
    await cron(w);
    installedSince(w, Date.now() - 3 * HOUR);
    execFileSync("rm", ["-f", `${w.dir}/ticks`]);
    expect((await cron(w)).code).toBe(1);
    expect((await w.runs()).slice(-3).map(({ status }) => status)).toEqual(["succeeded", "failed", "succeeded"]);
  });

  it.each([
    ["a failure in between", '[ "$(wc -l < ticks)" != 2 ]', 1, ["succeeded", "failed", "succeeded"], "failed"],
    ["a signal in between", '[ "$(wc -l < ticks)" != 2 ] || { kill $PPID; sleep 30; }', null, ["succeeded", "cancelled"], "cancelled"],
  ])("is one document of --json for all slots, that of the run which decides the exit code: %s", async (_, script, code, all, status) => {
    const startDate = new Date(Date.now() - 10 * HOUR + HOUR / 2).toISOString();
    const w = world(job(`{ type: interval, expression: 1h, startDate: "${startDate}", catchUp: all }`, script));
    await cron(w);
    installedSince(w, Date.now() - 3 * HOUR);
    const end = await w.jobctl(["run", "--trigger", "cron", "--json", "tick"]);
    const { runs, ...deciding } = JSON.parse(end.stdout);
    expect(end.code).toBe(code);
    expect(runs.map((run: { status: string }) => run.status)).toEqual(all);
    expect(deciding).toMatchObject({ status });
    expect(runs).toContainEqual(deciding);
  });

  it.each([
    [4, 1],
    [7, 0],
  ])("that starts %d minutes late, on a host with too much to do, runs %d times where nothing is caught up", async (minutes, count) => {
    const w = world(job(`{ expression: "${thisMinute(minutes)}", catchUp: none }`));
    await cron(w);
    installedSince(w, Date.now() - HOUR);
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toHaveLength(count);
  });

  it.each([
    ["the schedule changes", (text: string) => text.replace(/schedule: .*/, `schedule: "${thisMinute(6 * 60)}"`)],
    ["its zone changes", (text: string) => text.replace("expression", "timezone: Asia/Tokyo, expression")],
    ["a job was disabled", (text: string) => text.replace("schedule", "enabled: false\n    schedule")],
  ])("invents no missed slots when %s", async (_, change) => {
    const w = world(job(`{ expression: "${thisMinute(60)}", catchUp: all }`));
    await cron(w);
    installedSince(w, Date.now() - 48 * HOUR);
    const text = w.read("jobctl.yaml");
    w.write("jobctl.yaml", change(text));
    await cron(w);
    w.write("jobctl.yaml", text);
    await cron(w);
    expect(ticks(w)).toEqual([]);
  });

  it.each([
    [4, 1],
    [7, 0],
  ])("is on time up to five minutes after its slot: with catchUp none, %d minutes late runs %d times", async (late, count) => {
    const w = world(job(`{ expression: "${thisMinute(late)}", catchUp: none }`));
    await w.jobctl(["run", "--trigger", "cron", "tick"]);
    installedSince(w, Date.now() - 5 * HOUR);
    execFileSync("rm", ["-f", `${w.dir}/ticks`]);
    // What was claimed at the first trigger would be claimed still.
    changeHistory(w, "UPDATE runs SET claimed_slot = NULL");
    await cron(w);
    expect(ticks(w)).toHaveLength(count);
  });

  it("catches up under one lock: nobody gets in between two slots", async () => {
    const startDate = new Date(Date.now() - 10 * HOUR + HOUR / 2).toISOString();
    const w = world(job(`{ type: interval, expression: 1h, startDate: "${startDate}", catchUp: all }`, "sleep 0.3"));
    await cron(w);
    installedSince(w, Date.now() - 4 * HOUR);
    execFileSync("rm", ["-f", `${w.dir}/ticks`]);
    const catchUp = w.start(["run", "--trigger", "cron", "tick"]);
    await until(() => ticks(w).length > 0);
    const others = [];
    while (catchUp.child.exitCode === null && ticks(w).length < 4) others.push((await w.jobctl(["run", "tick"])).code);
    expect((await catchUp.ended).code).toBe(0);
    expect([...new Set(others)]).toEqual([75]);
    expect((await w.jobctl(["run", "tick"])).code).toBe(0);
    expect(ticks(w)).toHaveLength(5);
  });

  it("leaves a slot that comes due meanwhile to its own trigger", async () => {
    const w = world(job('{ expression: "*/2 * * * * *", catchUp: all }', "sleep 2.5"));
    await cron(w);
    installedSince(w, Date.now() - 20_000);
    const before = ticks(w).length;
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toHaveLength(before + 1);
  });

  it("is missed where nothing was started for a slot, which status and next tell", async () => {
    const w = world(job(`{ expression: "${thisMinute(60)}", catchUp: none }`));
    await cron(w);
    installedSince(w, Date.now() - 50 * HOUR);
    expect((await w.jobctl(["status", "tick"])).stdout).toMatch(/^missed +[23]$/m);
    expect((await w.jobctl(["next"])).stderr).toMatch(/^tick missed [23] times, last \d{4}-.* UTC; jobctl status tick\n$/);
  });

  it("has missed nothing in a week in which the job was disabled", async () => {
    const startDate = new Date(Date.now() - 30 * 24 * HOUR + HOUR / 2).toISOString();
    const w = world(job(`{ type: interval, expression: 1h, startDate: "${startDate}", catchUp: all, catchUpWithin: 30d }`));
    await cron(w);
    const enabled = w.read("jobctl.yaml");
    w.write("jobctl.yaml", enabled.replace("  tick:", "  tick:\n    enabled: false"));
    expect((await cron(w)).code).toBe(0);
    installedSince(w, Date.now() - 7 * 24 * HOUR);
    w.write("jobctl.yaml", enabled);
    for (const args of [
      ["run", "--due"],
      ["run", "--trigger", "cron", "tick"],
      ["run", "--due"],
    ]) {
      expect(await w.jobctl(args)).toMatchObject({ code: 0, stderr: "" });
    }
    expect(ticks(w)).toEqual([]);
    expect(await missed(w)).toEqual([0]);
  });
});

describe("jobctl run --due", () => {
  it("runs every job that missed a slot, and ends with the failure of one", async () => {
    const startDate = new Date(Date.now() - 10 * HOUR + HOUR / 2).toISOString();
    const schedule = `{ type: interval, expression: 1h, startDate: "${startDate}" }`;
    const w = world(`${job(schedule)}  bad:\n    shell: echo bad >> bads; exit 3\n    schedule: ${schedule}\n`);
    await cron(w);
    await w.jobctl(["run", "--trigger", "cron", "bad"]);
    expect(await missed(w)).toEqual([0, 0]);
    installedSince(w, Date.now() - 5 * HOUR);
    expect(await missed(w)).toEqual([5, 5]);
    expect(await w.jobctl(["run", "--due"])).toMatchObject({ code: 3, stdout: "" });
    const runs = (await w.runs()).filter(({ trigger }) => trigger === "boot");
    expect(runs.map((run) => [run["job"], run["status"]]).toSorted()).toEqual([
      ["bad", "failed"],
      ["tick", "succeeded"],
    ]);
    expect(await w.jobctl(["run", "--due"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(w.read("bads")).toBe("bad\n");
  });
});
