import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changeHistory, cron, HOUR, job, thisMinute, ticks } from "../helpers/slots.ts";
import { world } from "../helpers/world.ts";

const [faketime = ""] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
if (faketime === "") console.warn("left out: a clock that is set back, which needs the package faketime");

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

describe("a triggered run that a gate refuses", () => {
  it("leaves its slot due where the set-up is wrong, too, and the failure is recorded for it", async () => {
    const w = world(`${job(`"${thisMinute()}"`)}    cwd: later\n`);
    expect((await cron(w)).code).toBe(78);
    execFileSync("mkdir", [`${w.dir}/later`]);
    for (let n = 0; n < 2; n++) expect((await cron(w)).code).toBe(0);
    const runs = await w.runs();
    expect(runs.map(({ status, trigger }) => [status, trigger])).toEqual([
      ["not-started", "cron"],
      ["succeeded", "cron"],
    ]);
    expect(runs[0]?.["scheduledFor"]).toBe(runs[1]?.["scheduledFor"]);
  });

  it("leaves its slot due for the next trigger", async () => {
    const w = world(`${job(`"${thisMinute()}"`)}    resources: { minFree: 999TB }\n`);
    expect((await cron(w)).code).toBe(75);
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace("999TB", "1B"));
    expect((await cron(w)).code).toBe(0);
    expect(ticks(w)).toHaveLength(1);
  });
});
