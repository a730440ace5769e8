import { describe, expect, it } from "vitest";
import { type World, world } from "../helpers/world.ts";

const HOUR = 3_600_000;
const lines = (w: World, file: string): string[] => (w.exists(file) ? w.read(file).trim().split("\n") : []);
const greet = (more: string): string => `greet: { uses: ./greet.mjs, with: { who: "\${WHO}", token: "\${TOKEN:-none}" }${more} }`;
const hourly = (script: string): string => `tick: { shell: '${script}', schedule: "0 * * * *" }`;
const ran = (w: World): string[] => lines(w, "out").map((line) => new Date(line.split(" ")[0] ?? "").toISOString());

describe("jobctl rerun", () => {
  const MODULE = `
    import { defineJob, text } from "jobctl";
    export default defineJob({
      description: "Greets",
      params: { who: text({ description: "Whom" }), token: text({ description: "A secret" }) },
      run: async ({ params, now }) => ({ ...params, now: now.toISOString() }),
    });
  `;

  it("runs a past run's job with its parameters, the manifest's own variables put in anew, for the same slot", async () => {
    const w = world(greet(', schedule: "0 3 * * *"'));
    w.write("greet.mjs", MODULE);
    const slot = "2026-11-01T03:00:00.000Z";
    await w.jobctl(["run", "greet", "--scheduled-for", slot, "--set", "who=$${amy}"], { WHO: "x", TOKEN: "first" });
    const end = await w.jobctl(["rerun", "1", "--json"], { WHO: "y", TOKEN: "second" });
    expect(end.code).toBe(0);
    const [first, second] = await w.runs();
    expect(first).toMatchObject({
      result: { who: "$${amy}", token: "first", now: slot },
      parameters: { who: "$${amy}", token: "${TOKEN:-none}" },
    });
    expect(second).toMatchObject({ trigger: "rerun", scheduledFor: slot, result: { who: "$${amy}", token: "second", now: slot } });
    expect(second?.parameters).toEqual(first?.parameters);
  });

  it("keeps to the recorded parameters when the manifest has others now", async () => {
    const w = world(greet(""));
    w.write("greet.mjs", MODULE);
    await w.jobctl(["run", "greet"], { WHO: "amy" });
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace('"${WHO}"', "bob"));
    await w.jobctl(["rerun", "1"], { WHO: "eve" });
    expect((await w.runs())[1]).toMatchObject({ result: { who: "eve", token: "none" } });
    await w.jobctl(["rerun", "1", "--set", "token=t"], { WHO: "eve" });
    expect((await w.runs())[2]).toMatchObject({ result: { who: "eve", token: "t" } });
  });

  it("gives a command the parameters of --set again", async () => {
    const w = world("tell: { shell: 'printf %s \"$JOBCTL_PARAMETERS\"' }");
    expect((await w.jobctl(["run", "tell", "--verbose", "--set", "region=eu"])).stdout).toBe('{"region":"eu"}');
    expect((await w.jobctl(["rerun", "1", "--verbose"])).stdout).toBe('{"region":"eu"}');
    expect((await w.jobctl(["run", "tell", "--verbose"])).stdout).toBe("{}");
    expect((await w.runs()).map(({ parameters }) => parameters)).toEqual([{ region: "eu" }, { region: "eu" }, null]);
  });

  it("ends with the exit code of the new run", async () => {
    const w = world("quick: { shell: '[ -e ok ] || exit 5' }");
    expect((await w.jobctl(["run", "quick"])).code).toBe(5);
    expect((await w.jobctl(["rerun", "1"])).code).toBe(5);
    w.write("ok", "");
    expect((await w.jobctl(["rerun", "1"])).code).toBe(0);
    const runs = await w.runs();
    expect(runs.map(({ trigger, status }) => [trigger, status])).toEqual([
      ["manual", "failed"],
      ["rerun", "failed"],
      ["rerun", "succeeded"],
    ]);
    expect(runs.every(({ startedAt, scheduledFor }) => startedAt === scheduledFor)).toBe(true);
  });

  it("refuses an unknown run, a name, and a job that the manifest has no more, with 64", async () => {
    const w = world("quick: { shell: 'true' }");
    await w.jobctl(["run", "quick"]);
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace("quick", "renamed"));
    expect(await w.jobctl(["rerun", "1"])).toMatchObject({
      code: 64,
      stderr: `jobctl: run 1 was of quick, which the manifest has no more (${w.dir}/jobctl.yaml)\n`,
    });
    expect((await w.jobctl(["rerun", "9"])).stderr).toBe("jobctl: there is no run 9 (any more); jobctl history lists those there are\n");
    expect(await w.jobctl(["rerun", "quick"])).toMatchObject({
      code: 64,
      stderr: 'jobctl: rerun takes a run\'s number, not "quick"; jobctl history lists them\n',
    });
  });
});

describe("jobctl backfill", () => {
  const FROM = "2026-10-01T00:00:00Z";
  const slots = Array.from({ length: 5 }, (_, hour) => new Date(Date.parse(FROM) + hour * HOUR).toISOString());
  const echo = 'echo "$JOBCTL_SLOT $JOBCTL_PREVIOUS_SLOT" >> out';
  const range = ["--from", FROM, "--to", "2026-10-01T05:00:00Z"];

  it("runs each slot of the time, the first in it and the last not, oldest first, with the slot before", async () => {
    const w = world(hourly(echo));
    const end = await w.jobctl(["backfill", "tick", ...range]);
    expect(end).toMatchObject({ code: 0, stdout: "tick: 5 slots, 5 succeeded now\n", stderr: "" });
    expect(ran(w)).toEqual(slots);
    for (const line of lines(w, "out")) {
      const [slot = "", previous = ""] = line.split(" ");
      expect(Date.parse(slot) - Date.parse(previous)).toBe(HOUR);
    }
    expect((await w.runs()).map(({ trigger, scheduledFor }) => [trigger, scheduledFor])).toEqual(slots.map((slot) => ["backfill", slot]));
  });

  it("stops at the first that fails, with its exit code, and goes on from there when it is called again", async () => {
    const w = world(hourly(`${echo}; [ -e ok ] || case "$JOBCTL_SLOT" in *T02*) exit 9;; esac`));
    const first = await w.jobctl(["backfill", "tick", ...range]);
    expect(first).toMatchObject({ code: 9, stdout: "tick: 5 slots, 2 succeeded now, 1 did not succeed, 2 left\n" });
    expect(first.stderr).toContain("stopped at 2026-10-01 02:00:00 UTC, which ended failed; the same command goes on from there");
    const list = await w.jobctl(["backfill", "tick", ...range, "--dry-run"]);
    expect(list.stdout.split("\n").filter((line) => line.endsWith("has succeeded"))).toHaveLength(2);
    w.write("ok", "");
    expect((await w.jobctl(["backfill", "tick", ...range, "--json"])).stdout).toContain('"doneBefore": 2');
    expect(ran(w)).toEqual([...slots.slice(0, 3), ...slots.slice(2)]);
    expect((await w.jobctl(["backfill", "tick", ...range])).stdout).toBe("tick: 5 slots, 5 had succeeded before, 0 succeeded now\n");
  });

  it("leaves what fails behind with --keep-going, and ends with the last failure", async () => {
    const w = world(hourly(`${echo}; case "$JOBCTL_SLOT" in *T02*) exit 9;; esac`));
    const end = await w.jobctl(["backfill", "tick", ...range, "--keep-going"]);
    expect(end).toMatchObject({ code: 9, stdout: "tick: 5 slots, 4 succeeded now, 1 did not succeed\n" });
    expect(ran(w)).toEqual(slots);
  });

  it("stops with 75 at a slot that is skipped", async () => {
    const w = world(hourly(echo));
    await w.jobctl(["pause", "tick"]);
    const end = await w.jobctl(["backfill", "tick", ...range]);
    expect([end.code, end.stderr]).toEqual([75, expect.stringMatching(/which was skipped \(paused by .*\); the same command goes on/)]);
  });

  it("lists the slots with --dry-run and runs none", async () => {
    const w = world(hourly(echo));
    const end = await w.jobctl(["backfill", "tick", ...range, "--dry-run", "--json"]);
    expect(JSON.parse(end.stdout)).toEqual(slots.map((slot) => ({ slot, wouldRun: true })));
    expect(w.exists("out")).toBe(false);
  });

  it("lets a trigger run nothing again that it has run", async () => {
    const now = new Date();
    const w = world(`tick: { shell: '${echo}', schedule: "${now.getUTCMinutes()} ${now.getUTCHours()} * * *" }`);
    expect((await w.jobctl(["backfill", "tick", "--from", "5m"])).stdout).toBe("tick: 1 slot, 1 succeeded now\n");
    await w.jobctl(["run", "--trigger", "cron", "tick"]);
    expect(lines(w, "out")).toHaveLength(1);
  });

  it.each([
    [
      ["--from", "2026-01-01"],
      /^jobctl: tick has more than 1000 slots from \S+ to \S+; take a shorter time, or allow more with --limit\n$/,
    ],
    [["--from", "1h", "--to", "2099-01-01"], /^jobctl: --to 2099-01-01: that is still to come; only slots of the past are run\n$/],
    [["--from", "1h", "--to", "2h"], /^jobctl: --from 1h is not before --to 2h\n$/],
    [[], /^jobctl: required option '--from <when>' not specified\n/],
  ])("refuses %j with 64", async (args, message) => {
    expect(await world(hourly(echo)).jobctl(["backfill", "tick", ...args])).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(message),
    });
  });

  it("refuses a job without a schedule", async () => {
    const end = await world("tick: { shell: 'true' }").jobctl(["backfill", "tick", "--from", "1h"]);
    expect(end).toMatchObject({ code: 64, stderr: "jobctl: tick has no schedule, and so no slots to run; jobctl run tick runs it once\n" });
  });
});
