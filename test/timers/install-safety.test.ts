import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { installKilledAfter, SCOPES, startTimerHost, type TimerHost, timerOwner, type TimerOwner } from "../helpers/timer-host.ts";

if (!isRoot) console.warn("left out: what an install leaves alone on a real systemd, which needs root");

const head = "version: 1\nprefix: shop\njobs:\n";
const job = (name: string, hour: number): string => `  ${name}: { schedule: 0 ${hour} * * *, shell: echo ${name} }\n`;
const JOBS = `${head}${job("good", 3)}${job("bad", 4)}`;

describe.runIf(isRoot).each(SCOPES)("an install on a real systemd (%s)", (scope) => {
  let host: TimerHost;
  let owner: TimerOwner;
  beforeAll(async () => {
    host = await startTimerHost("systemd-host");
    owner = timerOwner(host, scope);
  });
  beforeEach(() => {
    owner.write(owner.manifest, JOBS);
    expect(owner.jobctl("install-timers --force")).toMatchObject({ code: 0, stderr: "" });
  });
  afterAll(() => host?.stop());

  const stateOf = (timer: string): string =>
    host.shell(`${owner.systemctl} is-enabled ${timer}; ${owner.systemctl} is-active ${timer}`).stdout.trim().replace("\n", ", ");
  const everything = (): string =>
    host.shell(
      `cd ${owner.units}; ls -A . timers.target.wants; cat shop-*; ${owner.systemctl} list-units --all --no-legend --plain 'shop-*.timer'; cat ${owner.records}/*`,
    ).stdout;

  it("that fails puts a timer back as its administrator left it: disabled, or only stopped", () => {
    owner.write(owner.manifest, `${JOBS}${job("stopped", 6)}`);
    owner.jobctl("install-timers");
    host.shell(`${owner.systemctl} disable --now shop-bad.timer; ${owner.systemctl} stop shop-stopped.timer`);
    owner.write(owner.manifest, `${head}${job("good", 5)}${job("fresh", 5)}`);
    host.shell(
      `mv /usr/bin/systemctl /usr/bin/systemctl.real; printf '#!/bin/sh\\ncase "$*" in *start*fresh*) echo no >&2; exit 1;; esac; exec systemctl.real "$@"\\n' > /usr/bin/systemctl; chmod +x /usr/bin/systemctl`,
    );
    const failed = owner.jobctl("install-timers");
    host.shell("mv /usr/bin/systemctl.real /usr/bin/systemctl");
    expect(failed.code).toBe(69);
    expect(failed.stderr).toContain("everything was put back");
    expect(["good", "bad", "stopped"].map((name) => stateOf(`shop-${name}.timer`))).toEqual([
      "enabled, active",
      "disabled, inactive",
      "enabled, inactive",
    ]);
    expect(host.shell(`ls ${owner.units}/shop-fresh.timer`).code).not.toBe(0);
  });

  it("is undone with its timers as they were: one that was disabled is so again", () => {
    host.shell(`${owner.systemctl} disable --now shop-bad.timer`);
    owner.write(owner.manifest, `${head}${job("good", 3)}`);
    expect(owner.jobctl("install-timers").stdout).toContain("- shop-bad.timer");
    expect(owner.jobctl("install-timers --undo").stdout).not.toContain("enable and start");
    expect(stateOf("shop-bad.timer")).toBe("disabled, inactive");

    owner.write(owner.manifest, `${head}${job("good", 5)}${job("bad", 4)}`);
    expect(owner.jobctl("install-timers").stdout).toContain("+ enable and start shop-bad.timer");
    expect(stateOf("shop-bad.timer")).toBe("enabled, active");
    expect(owner.jobctl("install-timers --undo").stdout).toContain("- disable and stop shop-bad.timer");
    expect(stateOf("shop-bad.timer")).toBe("disabled, inactive");
    expect(stateOf("shop-good.timer")).toBe("enabled, active");
  });

  it("of what systemd-analyze verify refuses changes nothing", () => {
    const before = everything();
    host.write(`${owner.units}/shop-fresh.service.d/mine.conf`, "[Service]\nNonsense=1\n");
    owner.write(owner.manifest, `${JOBS}${job("fresh", 6)}`);
    const refused = owner.jobctl("install-timers");
    host.shell(`rm -r ${owner.units}/shop-fresh.service.d`);
    expect(refused.code).toBe(78);
    expect(refused.stderr).toMatch(/^jobctl: systemd-analyze verify refuses these units:\n.*Unknown key( name)? 'Nonsense'/);
    expect(everything()).toBe(before);
  });

  it("by a program that does not stay is refused", () => {
    for (const folder of ["/tmp/jobctl", "/opt/_npx/1a2b3c/node_modules/jobctl"]) {
      host.shell(
        `mkdir -p ${folder} && cp -r /opt/jobctl/. ${folder} && sed s#/opt/jobctl#${folder}# /usr/local/bin/jobctl > /run/passing`,
      );
      for (const target of ["systemd", "crontab"]) {
        const { code, stderr } = host.shell(`cd / && ${owner.as} sh /run/passing install-timers --target ${target}`);
        expect({ code, stderr }).toEqual({
          code: 78,
          stderr: `jobctl: ${owner.manifest} can't be installed so:\n  ${folder}/bin/jobctl.js is in a folder that does not stay, and timers would outlive it: install jobctl for good (npm install --global jobctl)\n`,
        });
      }
    }
  });

  it("with --no-enable places units, and starts none", () => {
    owner.write(owner.manifest, `${JOBS}${job("fresh", 6)}`);
    const { code, stdout } = owner.jobctl("install-timers --no-enable");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining("enable and start") as string });
    expect(stateOf("shop-fresh.timer")).toBe("disabled, inactive");
    expect(stateOf("shop-good.timer")).toBe("enabled, active");
    expect(owner.jobctl("install-timers").stdout).toContain("+ enable and start shop-fresh.timer");
    expect(stateOf("shop-fresh.timer")).toBe("enabled, active");
  });

  it("is shown by status: what is as it should be, and what is not", () => {
    owner.write(owner.manifest, `${JOBS}${job("off", 5)}${job("gone", 5)}${job("later", 5)}`);
    owner.jobctl("install-timers");
    host.shell(
      `echo Nice=5 >> ${owner.units}/shop-bad.service; ${owner.systemctl} disable --now shop-off.timer; rm ${owner.units}/shop-gone.timer`,
    );
    owner.write(
      owner.manifest,
      `${JOBS}${job("off", 5)}${job("gone", 5)}${job("later", 6)}${job("fresh", 5)}  by-hand: { shell: "true" }\n`,
    );
    const status = JSON.parse(owner.jobctl("status --json").stdout) as { job: string; timer?: string }[];
    expect(Object.fromEntries(status.map(({ job: name, timer }) => [name, timer]))).toEqual({
      good: "systemd ok",
      bad: "systemd changed by hand",
      off: "systemd not enabled",
      gone: "systemd missing",
      later: "systemd outdated",
      fresh: "systemd not installed",
    });
    expect(owner.jobctl("status").stdout).toMatch(/^JOB .* TIMER .*\n[^]*^bad +.* systemd changed by hand .*$/m);
    expect(owner.jobctl("status off").stdout).toMatch(/^timer +systemd not enabled$/m);
    owner.jobctl("install-timers --force");
    owner.jobctl("install-timers --target crontab");
    expect(owner.jobctl("status good").stdout).toMatch(/^timer +crontab ok, systemd ok$/m);
    expect(owner.jobctl("uninstall-timers")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^the crontab of .*\n {2}- crontab\nsystemd .*\n {2}- shop-bad.service\n/) as string,
      stderr: "",
    });
    expect(owner.jobctl("status good").stdout).not.toMatch(/^timer/m);
  });

  it("leaves out what is over, and removes its timer, on systemd and in a crontab", () => {
    const limited = (endDate: string): string => `  limited: { schedule: { expression: 0 5 * * *, endDate: ${endDate} }, shell: "true" }\n`;
    const once = (date: string): string => `  once: { schedule: at ${date}T00:00, shell: "true" }\n`;
    const install = (text: string, target: string): string => {
      owner.write(owner.manifest, text);
      const { code, stdout, stderr } = owner.jobctl(`install-timers --target ${target}`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    for (const target of ["systemd", "crontab"]) {
      const added = install(`${JOBS}${once("2198-01-01")}${limited("2198-01-01")}`, target);
      expect(added).not.toContain("left out");
      const plan = install(`${JOBS}${once("2020-02-01")}${limited("2020-01-01")}`, target);
      expect(plan).toContain(
        "left out\n  once: expired: its last time was 2020-02-01T00:00:00.000Z\n  limited: expired: its last time was 2019-12-31T05:00:00.000Z\n",
      );
      if (target === "systemd") expect(plan).toMatch(/- shop-limited.timer\n[^]*- shop-once.timer\n/);
      expect(owner.jobctl(`install-timers --target ${target} --dry-run --exit-code`).code).toBe(0);
    }
    expect(host.shell(`ls ${owner.units}; ${owner.as} crontab -l`).stdout).not.toMatch(/once|limited/);
    expect(owner.jobctl("timers --json").stdout).not.toMatch(/once|limited|outdated/);
    expect(owner.jobctl("uninstall-timers --target crontab").code).toBe(0);
  });

  it("changes nothing for time alone: what is over keeps its timer until something else changes", () => {
    const jobs = `${JOBS}  once: { schedule: at 2020-01-01T00:00, shell: "true" }\n`;
    for (const target of ["systemd", "crontab"]) {
      owner.write(owner.manifest, jobs);
      expect(installKilledAfter(owner, 0, { target, clock: "2019-12-31T00:00:00Z" }).isKilled).toBe(false);
      const plan = owner.jobctl(`install-timers --target ${target} --dry-run --exit-code`);
      expect(plan.code).toBe(0);
      expect(plan.stdout).toContain(
        "nothing to do: everything is as it should be\n\nleft out\n  once: expired: its last time was 2020-01-01T00:00:00.000Z; its timer goes with the next change\n",
      );
      expect(owner.jobctl(`install-timers --target ${target}`).stdout).toContain("nothing to do");
      const states = (JSON.parse(owner.jobctl("timers --json").stdout) as Record<string, unknown>[]).filter(
        (row) => row["target"] === target,
      );
      expect(states.map((row) => `${String(row["job"])} ${String(row["state"])}`)).toEqual(["good ok", "bad ok", "once over"]);
      owner.write(owner.manifest, jobs.replace("echo good", "echo better").replace("0 3", "0 5"));
      expect(owner.jobctl(`install-timers --target ${target}`).code).toBe(0);
      expect(owner.jobctl("timers --json").stdout).not.toContain("once");
    }
    expect(host.shell(`ls ${owner.units}; ${owner.as} crontab -l`).stdout).not.toContain("once");
    expect(owner.jobctl("uninstall-timers --target crontab").code).toBe(0);
  });

  it("with --output writes the files there, and nothing else", () => {
    const before = everything();
    const out = owner.home;
    owner.write(`${out}/units/shop-gone.timer`, `[Unit]\nX-Jobctl-Manifest=${owner.manifest}\n`);
    owner.write(`${out}/units/theirs.timer`, "[Unit]\nDescription=theirs\n");
    const plan = owner.jobctl(`install-timers --output ${out}/units --dry-run --exit-code`);
    expect(plan.code).toBe(2);
    expect(host.shell(`ls ${out}/units`).stdout).toBe("shop-gone.timer\ntheirs.timer\n");
    expect(owner.jobctl(`install-timers --output ${out}/units`)).toMatchObject({ code: 0, stderr: "" });
    expect(host.shell(`cd ${out}/units; for unit in shop-*; do cmp $unit ${owner.units}/$unit || exit 1; done; ls -A`)).toMatchObject({
      code: 0,
      stdout: "shop-bad.service\nshop-bad.timer\nshop-good.service\nshop-good.timer\ntheirs.timer\n",
    });
    expect(owner.jobctl(`install-timers --output ${out}/units --dry-run --exit-code`).code).toBe(0);
    expect(owner.jobctl(`install-timers --target crontab --output ${out}/table`).code).toBe(0);
    expect(owner.jobctl(`install-timers --target cron.d --output ${out}/cron.d`).code).toBe(0);
    expect(host.shell(`cd ${out}; ls -A table cron.d; grep -c ' ${owner.user} /usr/bin/env ' cron.d/shop table/crontab`).stdout).toBe(
      "cron.d:\nshop\n\ntable:\ncrontab\ncron.d/shop:3\ntable/crontab:0\n",
    );
    for (const target of ["systemd", "crontab", "cron.d"])
      expect(owner.jobctl(`install-timers --target ${target} --output ${out}/both`).code).toBe(0);
    owner.write(owner.manifest, JOBS.replace(/ {2}bad.*\n/, ""));
    expect(owner.jobctl(`install-timers --output ${out}/both`).code).toBe(0);
    expect(host.shell(`ls -A ${out}/both`).stdout).toBe("crontab\nshop\nshop-good.service\nshop-good.timer\n");
    expect(everything()).toBe(before);
    owner.write(`${out}/units/shop-good.timer`, "[Unit]\nDescription=theirs\n");
    expect(owner.jobctl(`install-timers --output ${out}/units`)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining(`${out}/units/shop-good.timer: was not made by jobctl`) as string,
    });
  });
});
