import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { installKilledAfter, SCOPES, startTimerHost, timerOwner, type TimerOwner } from "../helpers/timer-host.ts";

if (!isRoot) console.warn("left out: changes of timers that are killed, which need root");

const manifest = (jobs: string): string => `version: 1\nprefix: shop\njobs:\n${jobs}`;
const SAME = "  same: { schedule: 0 3 * * *, shell: echo same }\n";
const OLD = manifest(`${SAME}  changed: { schedule: 0 4 * * *, shell: echo old }\n  gone: { schedule: 0 5 * * *, shell: echo gone }\n`);
const NEW = manifest(
  `${SAME}  changed: { schedule: 0 6 * * *, shell: echo new, overlap: allow }\n  fresh: { schedule: 0 5 * * *, shell: echo fresh }\n`,
);
/** What a change may leave anywhere, drafts and journals too. */
const CRON_PLACES = { crontab: "crontab -l", "cron.d": "cd /etc/cron.d; ls -A; cat *" };
type Target = "systemd" | keyof typeof CRON_PLACES;
/** A user's own systemd goes through the same steps as the system's: every third of them. */
const STRIDE = { system: 1, user: 3 };

describe.runIf(isRoot)("a change that is killed between any two steps is finished, or put back, by the next call:", () => {
  let owners: Record<(typeof SCOPES)[number], TimerOwner>;
  beforeAll(async () => {
    const host = await startTimerHost("systemd-host");
    host.write("/etc/cron.d/theirs", "# theirs\n");
    host.exec(["crontab", "-"], "# theirs\n");
    owners = { system: timerOwner(host, "system"), user: timerOwner(host, "user") };
  });
  afterAll(() => owners?.system.host.stop());

  /** One owner's changes of one target. */
  const changes = (target: Target, scope: (typeof SCOPES)[number] = "system") => {
    const owner = owners[scope];
    const { host, units, stamps, records, systemctl } = owner;
    const listed =
      target === "systemd"
        ? `cd ${units}; ls -A . timers.target.wants; cat shop-*; ${systemctl} list-units --all --no-legend --plain 'shop-*.timer'; ls ${stamps}`
        : CRON_PLACES[target];
    /** What there is after a command, which must end well. */
    const after = (command: string): string => {
      expect(owner.jobctl(`${command} --target ${target}`)).toMatchObject({ code: 0, stderr: "" });
      return host.shell(`${listed}; ls ${records}`).stdout;
    };
    return {
      after,
      installed(text: string): string {
        owner.write(owner.manifest, text);
        return after("install-timers");
      },
      isKilled: (step: number, action: "install" | "uninstall" | "undo"): boolean =>
        installKilledAfter(owner, step, { target, action }).isKilled,
      saysThatItWasCutOff() {
        expect(owner.jobctl("timers").stderr).toBe("an install was cut off: jobctl install-timers ends it\n");
        expect(owner.jobctl(`install-timers --target ${target} --dry-run`).stdout).toContain(
          "an earlier call was cut off: the next install-timers or uninstall-timers takes back what it had begun",
        );
      },
    };
  };

  it.each([
    ["systemd", "system"],
    ["systemd", "user"],
    ["cron.d", "system"],
  ] as const)(
    "an install in %s (%s)",
    (target, scope) => {
      const { installed, isKilled, saysThatItWasCutOff } = changes(target, scope);
      const ends = { old: installed(OLD), new: installed(NEW) };
      let step = 1;
      for (; ; step += STRIDE[scope]) {
        installed(OLD);
        owners[scope].write(owners[scope].manifest, NEW);
        if (!isKilled(step, "install")) break;
        if (step === 4) saysThatItWasCutOff();
        if (step % 2 === 0) expect(installed(NEW), `finished after step ${step}`).toBe(ends.new);
        else expect(installed(OLD), `put back after step ${step}`).toBe(ends.old);
      }
      expect(step).toBeGreaterThan(target === "systemd" ? 10 : 5);
    },
    300_000,
  );

  it.each([
    ["systemd", "system"],
    ["systemd", "user"],
    ["cron.d", "system"],
  ] as const)(
    "an uninstall from %s (%s)",
    (target, scope) => {
      const { after, installed, isKilled } = changes(target, scope);
      const ends = { installed: installed(NEW), none: after("uninstall-timers") };
      let step = 1;
      for (; ; step += STRIDE[scope]) {
        after("install-timers");
        if (!isKilled(step, "uninstall")) break;
        if (step % 2 === 0) expect(after("uninstall-timers"), `finished after step ${step}`).toBe(ends.none);
        else expect(after("install-timers"), `put back after step ${step}`).toBe(ends.installed);
      }
      expect(step).toBeGreaterThan(5);
    },
    300_000,
  );

  it.each([
    ["systemd", "system"],
    ["systemd", "user"],
    ["crontab", "system"],
  ] as const)(
    "an undo in %s (%s); once it was done, the next undoes the undo",
    (target, scope) => {
      const { after, installed, isKilled } = changes(target, scope);
      const ends = { old: installed(OLD), new: installed(NEW) };
      let [step, finished] = [1, 0];
      for (; ; step += STRIDE[scope]) {
        // Whatever the last one ended with, an undo of this install wants the old again.
        installed(NEW);
        if (!isKilled(step, "undo")) break;
        const end = step % 2 === 0 ? after("install-timers --undo") : installed(NEW);
        if (end === ends.old) finished++;
        else expect(end, `after step ${step}`).toBe(ends.new);
      }
      expect(step).toBeGreaterThan(5);
      expect(finished).toBeGreaterThan(1);
    },
    300_000,
  );
});
