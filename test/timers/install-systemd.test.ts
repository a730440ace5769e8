import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { SCOPES, startTimerHost, type TimerHost, timerOwner, type TimerOwner } from "../helpers/timer-host.ts";
import { until } from "../helpers/world.ts";

if (!isRoot) console.warn("left out: timers on a real systemd, which needs root");

const head = "version: 1\nprefix: shop\njobs:\n";

const JOBS = `${head}
  good: { schedule: every 2s, shell: echo well }
  bad: { schedule: every 2s, shell: exit 3, onFailureUnit: told@%n.service }
  slow: { schedule: every 2s, shell: sleep 60, timeout: 500ms, killAfter: 1s }
  held: { schedule: every 2s, shell: "true", resources: { minFree: 900000GB }, onFailureUnit: told@%n.service }
  long: { schedule: every 2s, shell: sleep 4711 }
  greedy:
    schedule: every 2s
    command: [python3, -c, "import time; x = bytearray(400 << 20); time.sleep(60)"]
    resources: { maxMemory: 64MB }
  often: { schedule: 0 4 * * *, shell: "true", overlap: allow }
  nightly: { schedule: 0 3 * * *, shell: echo caught up }
`;

describe.runIf(isRoot).each(SCOPES)("timers on a real systemd (%s)", (scope) => {
  let host: TimerHost;
  let owner: TimerOwner;
  beforeAll(async () => {
    host = await startTimerHost("systemd-host");
    owner = timerOwner(host, scope);
    owner.write(owner.manifest, JOBS);
  });
  afterAll(() => host?.stop());

  const ours = (): string[] =>
    host.shell(`ls -A ${owner.units} ${owner.units}/timers.target.wants | grep shop`).stdout.trim().split("\n").filter(Boolean);
  const property = (unit: string, name: string): string =>
    host.shell(`${owner.systemctl} show --value --property=${name} ${unit}`).stdout.trim();
  const runs = (): Record<string, unknown>[] => JSON.parse(owner.jobctl("history --json --limit 1000").stdout);
  const ended = (job: string): Record<string, unknown> | undefined =>
    runs().find((run) => run["job"] === job && run["status"] !== "running");

  it("are planned, installed once, and a second time nothing changes", () => {
    const plan = owner.jobctl("install-timers --dry-run --exit-code");
    expect(plan.code).toBe(2);
    expect(plan.stdout).toContain("+ shop-good.service  exposure 9.");
    expect(plan.stdout).toContain("+ shop-often@.service  exposure 9.");
    expect(plan.stdout).toContain("+[Timer]");
    expect(plan.stdout.includes("run as root, since security.runAs names nobody else: good, bad")).toBe(scope === "system");
    expect(plan.stdout).toContain("! onFailureUnit: there is no unit told@%n.service here yet: a failure starts nothing until there is\n");
    // This host's control groups are the machine's.
    const limits = existsSync("/sys/fs/cgroup/cgroup.controllers");
    expect(plan.stdout.includes("! the systemd of ada can't limit memory here")).toBe(scope === "user" && !limits);
    const told = `[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo $$MONITOR_UNIT %i >> ${owner.home}/told'\n`;
    owner.write(`${owner.units}/told@.service`, told);
    expect(owner.jobctl("install-timers --dry-run").stdout).not.toContain("there is no unit");
    expect(ours()).toEqual([]);
    expect(owner.jobctl("install-timers")).toMatchObject({ code: 0, stderr: "" });
    expect(ours()).toHaveLength(25);
    const again = owner.jobctl("install-timers --dry-run --exit-code");
    expect(again.stdout).toContain("nothing to do: everything is as it should be");
    expect(again.code).toBe(0);
    expect(owner.jobctl("install-timers").code).toBe(0);
  });

  it.each([
    ["good", { status: "succeeded" }, "success", "0"],
    ["bad", { status: "failed", exitCode: 3 }, "exit-code", "3"],
    ["slow", { status: "timed-out" }, "exit-code", "124"],
    ["held", { status: "skipped", reason: "disk" }, "success", "75"],
    // Ended by the kernel at MemoryMax=, or, where it grows slowly, by jobctl's own watch before.
    ["greedy", { status: "failed", reason: "resource" }, "exit-code", "1(37|43)"],
  ])(
    "start %s by themselves, and its service ends as its run",
    async (job, end, result, code) => {
      const unit = `shop-${job}.service`;
      const run = await until(() => ended(job), `a run of ${job}`, 60_000);
      expect(run).toMatchObject({ trigger: "timer", ...end });
      const wanted = new RegExp(`^Result=${result}\nExecMainStatus=${code}\n$`);
      const shown = (): string => host.shell(`${owner.systemctl} show --property=Result,ExecMainStatus ${unit}`).stdout;
      await until(() => wanted.test(shown()), `${unit} to end so: ${shown()}`, 60_000);
    },
    120_000,
  );

  it("start the unit that was asked for when a run failed, not when it was skipped", async () => {
    const told = await until(() => host.shell(`cat ${owner.home}/told`).stdout, "the other unit", 20_000);
    expect(new Set(told.trim().split("\n"))).toEqual(new Set(["shop-bad.service shop-bad.service"]));
  });

  it("leave nothing behind where systemctl stops a running job", async () => {
    await until(() => host.shell("pgrep -fx 'sleep 4711'").code === 0, "the job", 10_000);
    host.shell(`${owner.systemctl} stop shop-long.timer shop-long.service`);
    expect(ended("long")).toMatchObject({ status: "cancelled" });
    expect(host.shell("pgrep -fx 'sleep 4711'").code).toBe(1);
  });

  it("catch up what was missed while the machine was off", async () => {
    const stamp = `${owner.stamps}/stamp-shop-nightly.timer`;
    host.shell(`${owner.systemctl} stop shop-nightly.timer`);
    expect(ended("nightly")).toBeUndefined();
    host.shell(`touch -d '2 days ago' ${stamp}; ${owner.as} python3 -c "
import sqlite3
db = sqlite3.connect('${owner.records}/../history.db')
db.execute('UPDATE job_state SET slots_since = slots_since - 172800000')
db.commit()"`);
    host.shell(`${owner.systemctl} start shop-nightly.timer`);
    const run = await until(() => ended("nightly"), "the run", 15_000);
    expect(run).toMatchObject({ status: "succeeded", trigger: "timer" });
    expect(run["scheduledFor"]).toMatch(/T03:00:00.000Z$/);
  });

  it("run by hand too, once their timer has run them: systemd keeps the timer's mark", async () => {
    const nightly = (): unknown[] =>
      runs()
        .filter((run) => run["job"] === "nightly")
        .map((run) => run["trigger"]);
    expect(nightly()).toEqual(["timer"]);
    expect(host.shell(`${owner.systemctl} start shop-nightly.service`).code).toBe(0);
    expect(nightly()).toEqual(["manual", "timer"]);
  });

  it("show what was changed by hand, and replace it only when told to", () => {
    host.shell(`echo 'Nice=5' >> ${owner.units}/shop-good.service; ${owner.systemctl} disable --now shop-bad.timer`);
    const states = (): Record<string, string> =>
      Object.fromEntries(
        (JSON.parse(owner.jobctl("timers --json").stdout) as { job: string; state: string }[]).map(({ job, state }) => [job, state]),
      );
    expect(states()).toMatchObject({ good: "changed by hand", bad: "not enabled", slow: "ok" });
    const refused = owner.jobctl("install-timers");
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain("changed by hand since jobctl installed it: shop-good.service; put the change into the manifest");
    expect(refused.stdout).toContain("-Nice=5");
    expect(host.shell(`cat ${owner.units}/shop-good.service`).stdout).toContain("Nice=5");
    expect(owner.jobctl("install-timers --force").code).toBe(0);
    expect(states()).toMatchObject({ good: "ok", bad: "ok", slow: "ok" });
  });

  it("go when their jobs go, and come back by --undo", () => {
    const before = ours();
    owner.write(
      owner.manifest,
      JOBS.replace(/ {2}bad: .*\n/, "").replace("schedule: every 2s, shell: echo well", "schedule: every 5s, shell: echo well"),
    );
    expect(owner.jobctl("install-timers").stdout).toContain("- shop-bad.timer");
    expect(ours()).toEqual(before.filter((name) => !name.includes("shop-bad")));
    expect(property("shop-bad.timer", "LoadState")).toBe("not-found");
    expect(owner.jobctl("install-timers --undo")).toMatchObject({ code: 0, stderr: "" });
    expect(ours()).toEqual(before);
    expect(property("shop-bad.timer", "ActiveState")).toBe("active");
    owner.write(owner.manifest, JOBS);
    expect(owner.jobctl("install-timers --dry-run --exit-code").code).toBe(0);
  });

  it("are refused where a name is somebody else's, and where systemd would ignore a line", () => {
    const file = `${owner.home}/other.yaml`;
    owner.write(file, `${head}  good: { schedule: every 2s, shell: echo other }\n`);
    const other = owner.jobctl(`install-timers --manifest ${file}`);
    expect(other.code).toBe(78);
    expect(other.stderr).toContain(`${owner.units}/shop-good.service: belongs to ${owner.manifest}`);
    owner.write(file, "version: 1\nprefix: systemd\njobs:\n  tmpfiles-clean: { schedule: every 2s, shell: echo no }\n");
    expect(owner.jobctl(`install-timers --manifest ${file}`).stderr).toContain("systemd-tmpfiles-clean.service: is a unit of this system");
  });

  it("are put back, all of them, where a step fails", () => {
    const before = host.shell(`cd ${owner.units}; ls -A . timers.target.wants; cat shop-*`).stdout;
    owner.write(owner.manifest, `${JOBS}  fresh: { schedule: every 2s, shell: echo fresh }\n`);
    // A systemctl that can't start this one timer.
    host.shell(
      `mv /usr/bin/systemctl /usr/bin/systemctl.real; printf '#!/bin/sh\\ncase "$*" in *enable*fresh*) echo no >&2; exit 1;; esac; exec systemctl.real "$@"\\n' > /usr/bin/systemctl; chmod +x /usr/bin/systemctl`,
    );
    const failed = owner.jobctl("install-timers");
    host.shell("mv /usr/bin/systemctl.real /usr/bin/systemctl");
    expect(failed.code).toBe(69);
    expect(failed.stderr).toContain("failed (exit code 1): no");
    expect(failed.stderr).toContain("everything was put back");
    expect(host.shell(`cd ${owner.units}; ls -A . timers.target.wants; cat shop-*`).stdout).toBe(before);
    owner.write(owner.manifest, JOBS);
    expect(owner.jobctl("install-timers --dry-run --exit-code").code).toBe(0);
  });

  it("are gone after uninstall-timers, with all that they left", () => {
    expect(owner.jobctl("uninstall-timers")).toMatchObject({ code: 0, stderr: "" });
    expect(ours()).toEqual([]);
    expect(host.shell(`ls ${owner.stamps} | grep shop`).stdout).toBe("");
    expect(host.shell(`${owner.systemctl} list-units --all --no-legend --plain 'shop-*.timer'`).stdout).toBe("");
    expect(owner.jobctl("timers").stderr).toContain("no timers are installed");
    expect(owner.jobctl("uninstall-timers").stdout).toContain("nothing to do: nothing of this manifest is there");
  });
});

describe.runIf(isRoot)("timers of a user's own systemd", () => {
  it("run as that user, are told to end at its logout, and can be placed, changed and removed after it", async () => {
    const host = await startTimerHost("systemd-host");
    try {
      host.exec(["useradd", "--create-home", "ada"]);
      const uid = host.shell("id -u ada").stdout.trim();
      host.exec(["systemctl", "start", `user@${uid}.service`]);
      const asAda = (args: string): ReturnType<typeof host.shell> =>
        host.shell(`cd / && runuser -u ada -- env XDG_RUNTIME_DIR=/run/user/${uid} ${args}`);
      host.write("/home/ada/.config/jobctl/jobctl.yaml", `${head}  mine: { schedule: every 2s, shell: id -un }\n`);
      host.exec(["chown", "-R", "ada:", "/home/ada/.config"]);
      const installed = asAda("HOME=/home/ada jobctl install-timers");
      expect(installed).toMatchObject({ code: 0, stderr: "" });
      expect(installed.stdout).toContain(
        "lingering is off for ada: these timers stop when you log out; turn it on with: sudo loginctl enable-linger ada",
      );
      const page = (): string => asAda("HOME=/home/ada jobctl logs mine").stdout;
      await until(() => page().includes("ada"), "a run", 15_000);
      expect(asAda("HOME=/home/ada jobctl history --json").stdout).toContain('"trigger": "timer"');
      expect(asAda("HOME=/home/ada jobctl install-timers --system").code).toBe(77);
      host.exec(["systemctl", "stop", `user@${uid}.service`, `user-runtime-dir@${uid}.service`]);
      expect(asAda("HOME=/home/ada jobctl install-timers --no-enable")).toMatchObject({ code: 0, stderr: "" });
      host.write("/home/ada/.config/jobctl/jobctl.yaml", `${head}  mine: { schedule: every 3s, shell: id -un }\n`);
      expect(asAda("HOME=/home/ada jobctl install-timers")).toMatchObject({
        code: 69,
        stderr: expect.stringContaining("no systemd of this user runs here (systemctl --user); use --target crontab") as string,
      });
      expect(asAda("HOME=/home/ada jobctl install-timers --no-enable")).toMatchObject({ code: 0, stderr: "" });
      expect(asAda("HOME=/home/ada jobctl uninstall-timers")).toMatchObject({ code: 0, stderr: "" });
      expect(
        host.shell("ls -AR /home/ada/.config/systemd/user | grep shop; ls -A /home/ada/.local/share/systemd/timers | grep shop").stdout,
      ).toBe("");
    } finally {
      host.stop();
    }
  }, 60_000);
});
