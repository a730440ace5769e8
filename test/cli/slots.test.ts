import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { until, type World, world } from "../helpers/world.ts";

const HOUR = 3_600_000;

const [faketime = ""] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
if (faketime === "") console.warn("left out: a clock that is set back, which needs the package faketime");

/** A daily schedule whose slot of today was at the beginning of this minute, or so many minutes earlier, in UTC. */
function thisMinute(earlier = 0): string {
  const now = new Date(Date.now() - earlier * 60_000);
  return `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`;
}

/** The same for a minute that is over. */
function minuteAgo(minutes: number): string {
  const then = new Date(Date.now() - minutes * 60_000);
  return `${then.getUTCMinutes()} ${then.getUTCHours()} * * *`;
}

function changeHistory(w: World, sql: string): void {
  const database = new Database(`${w.stateDir}/history.db`);
  database.exec(sql);
  database.close();
}

const job = (schedule: string, more = ""): string => `
  tick:
    shell: echo "$JOBCTL_SLOT $JOBCTL_PREVIOUS_SLOT $JOBCTL_TRIGGER" >> ticks; ${more}
    schedule: ${schedule}
`;

const cron = (w: World) => w.jobctl(["run", "--trigger", "cron", "tick"]);
const ticks = (w: World): string[] => (w.exists("ticks") ? w.read("ticks").trim().split("\n") : []);

/** Lets the job's slots count since an earlier instant, as if it had been installed then. */
function installedSince(w: World, since: number): void {
  const database = new Database(`${w.stateDir}/history.db`);
  database.prepare("UPDATE job_state SET slots_since = ?, slot_served = NULL").run(since);
  database.close();
  execFileSync("rm", ["-rf", `${w.stateDir}/slots`]);
}

async function missed(w: World): Promise<number[]> {
  const { stdout } = await w.jobctl(["status", "--json"]);
  return (JSON.parse(stdout) as { missed: { count: number } }[]).map((each) => each.missed.count);
}

describe("a triggered run", () => {
  it("claims the slot that is due, tells it to the job, and runs it once", async () => {
    const w = world(job(`"${thisMinute()}"`));
    expect(await cron(w)).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    expect(await cron(w)).toMatchObject({ code: 0, stderr: "" });
    expect(ticks(w)).toHaveLength(1);
    const [slot = "", previous = "", trigger] = (ticks(w)[0] ?? "").split(" ");
    expect([Date.parse(slot) % 60_000, Date.parse(slot) - Date.parse(previous), trigger]).toEqual([0, 24 * HOUR, "cron"]);
    expect(await w.runs()).toMatchObject([{ status: "succeeded", trigger: "cron", scheduledFor: slot }]);
  });

  it("runs a slot once when many triggers come at the same instant", async () => {
    const w = world(job(`"${thisMinute()}"`));
    const ends = await Promise.all(Array.from({ length: 8 }, () => cron(w)));
    expect(ticks(w)).toHaveLength(1);
    expect(ends.every(({ code }) => code === 0 || code === 75)).toBe(true);
  });

  it("does nothing and records nothing between two slots, with or without its note", async () => {
    const w = world(job("every 1h"));
    await cron(w);
    const before = ticks(w).length;
    for (let n = 0; n < 2; n++) expect(await cron(w)).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    execFileSync("rm", ["-rf", `${w.stateDir}/slots`]);
    await cron(w);
    expect(ticks(w)).toHaveLength(before);
  });

  it("runs nothing of the past when it is first seen", async () => {
    const anHourAgo = new Date(Date.now() - HOUR);
    const w = world(job(`"${anHourAgo.getUTCMinutes()} ${anHourAgo.getUTCHours()} * * *"`));
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toEqual([]);
  });

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

  it("serves a slot by a failure too, unless onCrash: rerun finds a crashed or cancelled run", async () => {
    const failing = world(job(`"${thisMinute()}"`, "exit 3"));
    expect((await cron(failing)).code).toBe(3);
    expect((await cron(failing)).code).toBe(0);
    expect(ticks(failing)).toHaveLength(1);

    const crashing = world(`${job(`"${thisMinute()}"`, '[ "$(wc -l < ticks)" != 1 ] || kill -9 $PPID')}    onCrash: rerun\n`);
    expect((await cron(crashing)).signal).toBe("SIGKILL");
    expect((await cron(crashing)).code).toBe(0);
    expect(new Set(ticks(crashing)).size).toBe(1);
    expect((await crashing.runs()).map(({ status }) => status)).toEqual(["crashed", "succeeded"]);
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

  it.runIf(faketime !== "")("runs nothing twice when the clock is set back", async () => {
    const w = world(job(`"${new Date().getUTCMinutes()} * * * *"`));
    const ahead = { LD_PRELOAD: faketime, FAKETIME: "+3600", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
    const trigger = ["run", "--trigger", "cron", "tick"];
    expect((await w.jobctl(trigger, ahead)).code).toBe(0);
    expect((await cron(w)).code).toBe(0);
    expect((await w.jobctl(trigger, ahead)).code).toBe(0);
    expect(ticks(w)).toHaveLength(1);
    expect(Date.parse(ticks(w)[0]?.split(" ")[0] ?? "")).toBeGreaterThan(Date.now());
  });

  it.each([
    ["the schedule changes", (text: string) => text.replace(/schedule: .*/, `schedule: "${minuteAgo(6 * 60)}"`)],
    ["its zone changes", (text: string) => text.replace("expression", "timezone: Asia/Tokyo, expression")],
    ["a job was disabled", (text: string) => text.replace("schedule", "enabled: false\n    schedule")],
  ])("invents no missed slots when %s", async (_, change) => {
    const w = world(job(`{ expression: "${minuteAgo(60)}", catchUp: all }`));
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
    const w = world(job(`{ expression: "${minuteAgo(late)}", catchUp: none }`));
    await w.jobctl(["run", "--trigger", "cron", "tick"]);
    installedSince(w, Date.now() - 5 * HOUR);
    execFileSync("rm", ["-f", `${w.dir}/ticks`]);
    // What was claimed at the first trigger would be claimed still.
    changeHistory(w, "UPDATE runs SET claimed_slot = NULL");
    await cron(w);
    expect(ticks(w)).toHaveLength(count);
  });

  it("runs no slot at or below one that was served: not in an hour that comes twice, nor when the clock is set back", async () => {
    const w = world(job(`"${thisMinute()}"`));
    await cron(w);
    changeHistory(w, `UPDATE runs SET claimed_slot = NULL; UPDATE job_state SET slot_served = ${Date.now() + HOUR}`);
    execFileSync("rm", ["-rf", `${w.stateDir}/slots`]);
    expect(await cron(w)).toMatchObject({ code: 0, stderr: "" });
    expect(ticks(w)).toHaveLength(1);
  });

  it("leaves the slot of a crashed run, unless it is told otherwise", async () => {
    const w = world(job(`"${thisMinute()}"`, "kill -9 $PPID"));
    expect((await cron(w)).signal).toBe("SIGKILL");
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toHaveLength(1);
  });

  it("is never refused for a slot that is named, which only a success serves", async () => {
    const w = world(job(`"${thisMinute()}"`, "[ -e good ]"));
    const slot = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
    for (let n = 0; n < 2; n++) expect((await w.jobctl(["run", "tick", "--scheduled-for", slot])).code).toBe(1);
    w.write("good", "");
    expect((await cron(w)).code).toBe(0);
    expect((await w.jobctl(["run", "tick", "--scheduled-for", slot])).code).toBe(0);
    expect((await w.runs()).map(({ status, scheduledFor }) => [status, scheduledFor])).toEqual(
      ["failed", "failed", "succeeded", "succeeded"].map((status) => [status, slot]),
    );
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
    const w = world(job(`{ expression: "${minuteAgo(60)}", catchUp: none }`));
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

  it("does nothing for a slot that --scheduled-for has served", async () => {
    const w = world(job(`"${thisMinute()}"`));
    const slot = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
    expect((await w.jobctl(["run", "tick", "--scheduled-for", slot])).code).toBe(0);
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toHaveLength(1);
  });

  it("is a run by hand when systemd's mark of a timer is missing", async () => {
    const w = world(job(`"${thisMinute()}"`));
    for (let n = 0; n < 2; n++) await w.jobctl(["run", "--trigger", "timer", "tick"]);
    await w.jobctl(["run", "--trigger", "timer", "tick"], { TRIGGER_UNIT: "test-tick.timer" });
    await w.jobctl(["run", "--trigger", "timer", "tick"], { TRIGGER_UNIT: "test-tick.timer" });
    expect((await w.runs()).map(({ trigger }) => trigger)).toEqual(["manual", "manual", "timer"]);
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

describe("a triggered run that a gate refuses", () => {
  it("leaves its slot due for the next trigger", async () => {
    const w = world(`${job(`"${thisMinute()}"`)}    resources: { minFree: 999TB }\n`);
    expect((await cron(w)).code).toBe(75);
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace("999TB", "1B"));
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toHaveLength(1);
  });
});
