import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { world } from "../helpers/world.ts";

const JOBS = `nightly: { schedule: 0 3 * * *, shell: echo well }\nby-hand: { shell: echo now }\n`;

describe("jobctl doctor", () => {
  const [edition] = /(?<=^# version )\S+/.exec(readFileSync("/usr/share/zoneinfo/tzdata.zi", "utf8")) ?? [];

  it("shows what jobctl has around it, and the editions of both time zone tables", async () => {
    const here = world(JOBS);
    const { code, stdout, stderr } = await here.jobctl(["doctor", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      node: { version: process.versions.node, path: process.execPath },
      manifest: `${here.dir}/jobctl.yaml`,
      stateDir: here.stateDir,
      zones: { machine: edition, node: process.versions["tz"] },
    });
    const page = (await here.jobctl(["doctor"])).stdout;
    expect(page).toMatch(new RegExp(`^time zones +${edition} on this machine, ${process.versions["tz"]} in Node$`, "m"));
    expect(page.includes("a module's own dates by Node's")).toBe(edition !== process.versions["tz"]);
    expect(page).toMatch(/^cron +(?:running|not running)$/m);
  });

  it("says that there is no manifest, or nothing that could start a job, and goes on", async () => {
    const { code, stdout } = await world(JOBS).jobctl(["doctor", "--manifest", "none.yaml"], { PATH: "/nowhere" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^manifest +none$/m);
    expect(stdout).toMatch(/^! .*\/none.yaml: there is no such file \(from --manifest\)/m);
    expect(stdout).toMatch(/^crontab +none$/m);
  });
});

describe("jobctl install-timers", () => {
  it("refuses --user with --system", async () => {
    const { code, stderr } = await world(JOBS).jobctl(["install-timers", "--user", "--system", "--output", "units"]);
    expect({ code, stderr }).toEqual({ code: 64, stderr: "jobctl: --user and --system: choose one\n" });
  });

  it("refuses a variable that only this shell has", async () => {
    const here = world("nightly: { schedule: 0 3 * * *, shell: echo, env: { A: '${ONLY_HERE}' } }");
    const { code, stderr } = await here.jobctl(["install-timers", "--output", "units"], { ONLY_HERE: "x" });
    expect(code).toBe(78);
    expect(stderr).toBe(
      `jobctl: ${here.dir}/jobctl.yaml uses a variable of this shell that no timer has: ONLY_HERE; put it into the manifest's envFile, or unset it here\n`,
    );
    expect(here.exists("units")).toBe(false);
  });

  it.each([["--dry-run"], ["--force"], ["--set", "a=b"], ["--scheduled-for", "2026-01-01T00:00:00Z"]])(
    "takes no %s with --due, which would be ignored",
    async (...args) => {
      const { code, stdout, stderr } = await world("nightly: { shell: touch ran, schedule: '@daily' }").jobctl(["run", "--due", ...args]);
      expect([code, stdout]).toEqual([64, ""]);
      expect(stderr).toBe(`jobctl: --due takes no ${args[0]}: it runs what was missed as a timer would have; jobctl status shows it\n`);
    },
  );

  it("takes one job or --due, not both and not none", async () => {
    const here = world(JOBS);
    for (const args of [["run"], ["run", "--due", "nightly"]]) {
      expect(await here.jobctl(args)).toMatchObject({
        code: 64,
        stderr: "jobctl: run takes the name of one job, or --due; jobctl list shows the jobs\n",
      });
    }
    expect(await here.jobctl(["run", "--due"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("has nothing to show, or to undo, where nothing was installed", async () => {
    const here = world(JOBS);
    expect(await here.jobctl(["timers"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "no timers are installed; jobctl install-timers --dry-run shows what it would install\n",
    });
    expect(await here.jobctl(["timers", "--json"])).toMatchObject({ code: 0, stdout: "[]\n" });
  });
});
