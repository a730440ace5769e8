import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { installKilledAfter, startTimerHost, type TimerHost } from "../helpers/timer-host.ts";

if (!isRoot) console.warn("left out: changes of timers that are killed, which need root");

const MANIFEST = "/etc/jobctl/jobctl.yaml";
const manifest = (jobs: string): string => `version: 1\nprefix: shop\njobs:\n${jobs}`;
const OLD = manifest("  changed: { schedule: 0 4 * * *, shell: echo old }\n  gone: { schedule: 0 5 * * *, shell: echo gone }\n");
const NEW = manifest("  changed: { schedule: 0 6 * * *, shell: echo new }\n  fresh: { schedule: 0 5 * * *, shell: echo fresh }\n");
type Target = keyof typeof PLACES;
/** What a change may leave anywhere, drafts and journals too. */
const PLACES = {
  systemd:
    "cd /etc/systemd/system; ls -A . timers.target.wants; cat shop-*; systemctl list-units --all --no-legend --plain 'shop-*.timer'; ls /var/lib/systemd/timers",
  crontab: "crontab -l",
  "cron.d": "cd /etc/cron.d; ls -A; cat *",
};

describe.runIf(isRoot)("a change that is killed between any two steps is finished, or put back, by the next call:", () => {
  let host: TimerHost;
  beforeAll(async () => {
    host = await startTimerHost("systemd-host");
    host.write("/etc/cron.d/theirs", "# theirs\n");
    host.exec(["crontab", "-"], "# theirs\n");
  });
  afterAll(() => host?.stop());

  /** What there is after a command, which must end well. */
  const after = (command: string, target: Target): string => {
    expect(host.jobctl(`${command} --target ${target}`)).toMatchObject({ code: 0, stderr: "" });
    return host.shell(`${PLACES[target]}; ls /var/lib/jobctl/shop/timers`).stdout;
  };
  const installed = (text: string, target: Target): string => {
    host.write(MANIFEST, text);
    return after("install-timers", target);
  };
  const saysThatItWasCutOff = (target: Target): void => {
    expect(host.jobctl("timers").stderr).toBe("an install was cut off: jobctl install-timers ends it\n");
    expect(host.jobctl(`install-timers --target ${target} --dry-run`).stdout).toContain(
      "an earlier call was cut off: the next install-timers or uninstall-timers takes back what it had begun",
    );
  };

  it("an install in /etc/cron.d", () => {
    const ends = { old: installed(OLD, "cron.d"), new: installed(NEW, "cron.d") };
    let step = 1;
    for (; ; step++) {
      installed(OLD, "cron.d");
      host.write(MANIFEST, NEW);
      if (!installKilledAfter(host, step, { target: "cron.d" }).isKilled) break;
      if (step === 2) saysThatItWasCutOff("cron.d");
      if (step % 2 === 0) expect(installed(NEW, "cron.d"), `finished after step ${step}`).toBe(ends.new);
      else expect(installed(OLD, "cron.d"), `put back after step ${step}`).toBe(ends.old);
    }
    expect(step).toBeGreaterThan(5);
  }, 120_000);

  it.each(["systemd", "cron.d"] as const)(
    "an uninstall from %s",
    (target) => {
      const ends = { installed: installed(NEW, target), none: after("uninstall-timers", target) };
      let step = 1;
      for (; ; step++) {
        after("install-timers", target);
        if (!installKilledAfter(host, step, { target, action: "uninstall" }).isKilled) break;
        if (step % 2 === 0) expect(after("uninstall-timers", target), `finished after step ${step}`).toBe(ends.none);
        else expect(after("install-timers", target), `put back after step ${step}`).toBe(ends.installed);
      }
      expect(step).toBeGreaterThan(5);
    },
    120_000,
  );

  it.each(["systemd", "crontab"] as const)(
    "an undo in %s; once it was done, the next undoes the undo",
    (target) => {
      const ends = { old: installed(OLD, target), new: installed(NEW, target) };
      let [step, finished] = [1, 0];
      for (; ; step++) {
        // Whatever the last one ended with, an undo of this install wants the old again.
        installed(NEW, target);
        if (!installKilledAfter(host, step, { target, action: "undo" }).isKilled) break;
        const end = step % 2 === 0 ? after("install-timers --undo", target) : installed(NEW, target);
        if (end === ends.old) finished++;
        else expect(end, `after step ${step}`).toBe(ends.new);
      }
      expect(step).toBeGreaterThan(5);
      expect(finished).toBeGreaterThan(1);
    },
    120_000,
  );
});
