import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MIGRATIONS } from "../../src/history/migrations.ts";
import { isRoot } from "../helpers/hosts.ts";
import { installKilledAfter, startTimerHost, type TimerHost } from "../helpers/timer-host.ts";
import { until } from "../helpers/world.ts";

if (!isRoot) console.warn("left out: timers on a real cron, which needs root");

const MANIFEST = "/etc/jobctl/jobctl.yaml";
const head = "version: 1\nprefix: shop\njobs:\n";
const JOBS = `${head}  minutely: { schedule: "* * * * *", shell: echo well }\n  missed: { schedule: "* * * * *", shell: echo caught up }\n`;
/** Lines of a person, with all that a rewriting program gets wrong. */
const THEIRS = `# my own\nSHELL=/bin/bash\n\n5 4 * * * printf 'a\\%b' %in put\n@daily   true \n# BEGIN other /srv/other\n# an unfinished thought`;

describe.runIf(isRoot)("timers in a real crontab", () => {
  let host: TimerHost;
  beforeAll(async () => {
    host = await startTimerHost("cron-host");
    host.write(MANIFEST, JOBS);
    host.exec(["crontab", "-"], `${THEIRS}\n`);
  });
  afterAll(() => host?.stop());

  const table = (): string => host.shell("crontab -l").stdout;
  /** Lets the slots count since an earlier time, as if nothing had been started since. */
  const countSince = (prefix: string, ago: number): void => {
    const changed = host.shell(`python3 -c "
import sqlite3
db = sqlite3.connect('/var/lib/jobctl/${prefix}/history.db')
db.execute('UPDATE job_state SET slots_since = slots_since - ${ago}, slot_served = NULL')
db.execute('UPDATE runs SET claimed_slot = NULL')
db.commit()"; rm -rf /var/lib/jobctl/${prefix}/slots`);
    expect(changed).toMatchObject({ code: 0, stderr: "" });
  };
  /** So that no slot of an hourly job is on time now. */
  const halfPast = (): string => new Date(Date.now() - 30 * 86_400_000 + 1_800_000).toISOString();

  it("are added behind what is there, once, and fire by themselves", async () => {
    const plan = host.jobctl("install-timers --target crontab --dry-run --exit-code");
    expect(plan.code).toBe(2);
    expect(table()).toBe(`${THEIRS}\n`);
    expect(host.jobctl("install-timers --target crontab")).toMatchObject({ code: 0, stderr: "" });
    const installed = table();
    expect(installed.startsWith(`${THEIRS}\n# BEGIN shop ${MANIFEST}\n`)).toBe(true);
    expect(host.jobctl("install-timers --target crontab").stdout).toContain("nothing to do");
    expect(table()).toBe(installed);
    const [timer] = JSON.parse(host.jobctl("timers --json").stdout) as Record<string, unknown>[];
    expect(timer).toMatchObject({ job: "minutely", target: "crontab", state: "ok", trigger: "* * * * *" });
    const run = await until(() => host.runs().find(({ job, status }) => job === "minutely" && status === "succeeded"), "a run", 90_000);
    expect(run).toMatchObject({ trigger: "cron", status: "succeeded" });
  }, 120_000);

  it("refuse half a block, and a table that can't be read", () => {
    const whole = table();
    host.exec(["crontab", "-"], whole.replace(/# END shop .*\n/, ""));
    const half = host.jobctl("install-timers --target crontab");
    expect(half.code).toBe(78);
    expect(half.stderr).toContain(
      "the block that begins here has no end; half a block is never guessed at: mend the marks or remove its lines",
    );
    host.exec(["crontab", "-"], whole);
    host.write("/etc/cron.allow", "nobody\n");
    host.shell(
      "mv /usr/bin/crontab /usr/bin/crontab.real; printf '#!/bin/sh\\necho no disk >&2; exit 1\\n' > /usr/bin/crontab; chmod +x /usr/bin/crontab",
    );
    const failed = host.jobctl("install-timers --target crontab");
    host.shell("mv /usr/bin/crontab.real /usr/bin/crontab; rm /etc/cron.allow");
    expect(failed).toMatchObject({ code: 69, stderr: "jobctl: crontab -l failed (exit code 1): no disk\n" });
    expect(table()).toBe(whole);
  });

  it("refuse a table that somebody else changes meanwhile, and a second install at the same time", () => {
    const whole = table();
    host.write(MANIFEST, JOBS.replace("echo well", "echo better").replace('"* * * * *"', '"*/2 * * * *"'));
    const withCrontab = (script: string, command: string): ReturnType<typeof host.shell> => {
      host.shell(
        `mv /usr/bin/crontab /usr/bin/crontab.real; printf '%s\\n' '#!/bin/sh' '${script}' > /usr/bin/crontab; chmod +x /usr/bin/crontab`,
      );
      const result = host.shell(command);
      host.shell("mv /usr/bin/crontab.real /usr/bin/crontab");
      return result;
    };
    const changing =
      'if [ "$1" = -l ]; then echo >> /run/reads; [ $(wc -l < /run/reads) = 3 ] && (crontab.real -l; echo "# new") | crontab.real -; fi; exec crontab.real "$@"';
    expect(withCrontab(changing, "jobctl install-timers --target crontab")).toMatchObject({
      code: 75,
      stderr: expect.stringContaining("the crontab was changed meanwhile; try again\neverything was put back") as string,
    });
    expect(table()).toBe(`${whole}# new\n`);
    const slow = 'touch /run/begun; sleep 4; exec crontab.real "$@"';
    const second =
      "jobctl install-timers --target crontab & while [ ! -e /run/begun ]; do sleep 0.1; done; jobctl uninstall-timers --target crontab; echo $?; kill $!";
    expect(withCrontab(slow, second)).toMatchObject({
      stdout: "75\n",
      stderr: expect.stringContaining(
        "another jobctl changes timers now (/var/lib/jobctl/shop/timers/lock is locked); try again when it is done",
      ) as string,
    });
    host.exec(["crontab", "-"], whole);
    host.write(MANIFEST, JOBS);
  }, 60_000);

  it("run nothing of the past when first installed, nor of a week in which a job was disabled", () => {
    const passed = `${head}  missed: { schedule: { type: interval, expression: 1h, startDate: ${halfPast()}, catchUp: all, catchUpWithin: 30d }, shell: echo past }\n`;
    const install = (text: string): void => {
      host.write("/etc/jobctl/past.yaml", text.replace("prefix: shop", "prefix: past"));
      expect(host.jobctl("install-timers --target crontab --manifest /etc/jobctl/past.yaml")).toMatchObject({ code: 0, stderr: "" });
    };
    const due = (): unknown => {
      expect(host.jobctl("run --due --manifest /etc/jobctl/past.yaml")).toMatchObject({ code: 0, stdout: "", stderr: "" });
      return JSON.parse(host.jobctl("history --json --manifest /etc/jobctl/past.yaml").stdout);
    };
    install(passed);
    expect(due()).toEqual([]);
    install(passed.replace("{ schedule", "{ enabled: false, schedule"));
    countSince("past", 7 * 86_400_000);
    install(passed);
    expect(due()).toEqual([]);
    const [status] = JSON.parse(host.jobctl("status --json --manifest /etc/jobctl/past.yaml").stdout) as { missed: object }[];
    expect(status).toMatchObject({ missed: { count: 0 } });
    expect(host.jobctl("uninstall-timers --manifest /etc/jobctl/past.yaml").code).toBe(0);
  });

  it("run what was missed, once, when the machine starts: @reboot", async () => {
    const anHourAgo = new Date(Date.now() - 3_600_000);
    const daily = `"${anHourAgo.getUTCMinutes()} ${anHourAgo.getUTCHours()} * * *"`;
    host.write(
      MANIFEST,
      `${head}  late: { schedule: ${daily}, shell: echo late }\n  none: { schedule: { expression: ${daily}, catchUp: none }, shell: echo none }\n`,
    );
    expect(host.jobctl("install-timers --target crontab").code).toBe(0);
    countSince("shop", 7_200_000);
    const boots = (): Record<string, unknown>[] => host.runs().filter(({ trigger, status }) => trigger === "boot" && status !== "skipped");
    const starts = (): number =>
      host
        .log()
        .split("\n")
        .filter((line) => / CMD .* run --due /.test(line)).length;
    host.reload();
    await until(() => boots().some(({ status }) => status !== "running"), "a run at boot", 20_000);
    expect(boots()).toMatchObject([{ job: "late", status: "succeeded" }]);
    expect(starts()).toBe(1);
    host.reload();
    await until(() => starts() === 2, "the second start", 10_000);
    await until(() => host.shell("pgrep -f '[r]un --due'").code !== 0, "its end", 20_000);
    expect(boots()).toHaveLength(1);
    host.write(MANIFEST, JOBS);
  }, 60_000);

  it("are taken out again, and leave every other line", () => {
    host.exec(["crontab", "-"], `${THEIRS}\n`);
    expect(host.jobctl("install-timers --target crontab").code).toBe(0);
    expect(host.jobctl("uninstall-timers")).toMatchObject({ code: 0, stderr: "" });
    expect(table()).toBe(`${THEIRS}\n`);
    host.exec(["crontab", "-r"]);
    expect(host.jobctl("install-timers --target crontab").code).toBe(0);
    expect(host.jobctl("uninstall-timers --target crontab").code).toBe(0);
    expect(host.shell("crontab -l")).toMatchObject({ code: 1, stderr: "no crontab for root\n" });
  });

  it.each([...MIGRATIONS.keys()].slice(1))("are installed beside a history of schema %i, which is brought up to date", (version) => {
    const folder = `/var/lib/jobctl/old${version}`;
    const manifest = `/etc/jobctl/old${version}.yaml`;
    host.write(manifest, JOBS.replace("prefix: shop", `prefix: old${version}`));
    host.write(
      "/run/old.sql",
      `${MIGRATIONS.slice(0, version).join(";")}; INSERT INTO jobs (name) VALUES ('missed'); PRAGMA user_version = ${version};`,
    );
    const made = host.shell(`umask 077; mkdir -p ${folder}; python3 -c "
import sqlite3
sqlite3.connect('${folder}/history.db').executescript(open('/run/old.sql').read())"`);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(host.jobctl(`install-timers --target crontab --manifest ${manifest}`)).toMatchObject({ code: 0, stderr: "" });
    const rows = host.shell(`python3 -c "
import sqlite3
db = sqlite3.connect('${folder}/history.db')
print(db.execute('PRAGMA user_version').fetchone(), db.execute('SELECT name FROM jobs JOIN job_state ON job_id = id WHERE slots_since > 0 ORDER BY id').fetchall())"`);
    expect(rows.stdout).toBe(`(${MIGRATIONS.length},) [('missed',), ('minutely',)]\n`);
    expect(host.jobctl(`uninstall-timers --target crontab --manifest ${manifest}`).code).toBe(0);
  });

  it("are put back or finished by the next call when an install is killed between any two steps", () => {
    host.exec(["crontab", "-"], `${THEIRS}\n`);
    const install = (): string => {
      expect(host.jobctl("install-timers --target crontab")).toMatchObject({ code: 0, stderr: "" });
      return table();
    };
    const whole = install();
    host.jobctl("uninstall-timers --target crontab");
    let step = 1;
    for (; installKilledAfter({ host, as: "" }, step, { target: "crontab" }).isKilled; step++) {
      // Every other time it is taken back instead of finished.
      if (step % 2 === 0) expect(install(), `after step ${step}`).toBe(whole);
      expect(host.jobctl("uninstall-timers --target crontab")).toMatchObject({ code: 0, stderr: "" });
      expect(table(), `after step ${step}`).toBe(`${THEIRS}\n`);
    }
    expect(step).toBeGreaterThan(4);
  }, 120_000);

  it("can be a file of /etc/cron.d", () => {
    expect(host.jobctl("install-timers --target cron.d")).toMatchObject({ code: 0, stderr: "" });
    expect(host.shell("stat -c '%a %U %h' /etc/cron.d/shop; ls -A /etc/cron.d | grep jobctl-new").stdout).toBe("644 root 1\n");
    expect(host.shell("cat /etc/cron.d/shop").stdout).toMatch(
      /^# BEGIN shop \/etc\/jobctl\/jobctl\.yaml\n(#.*\n)+\* \* \* \* \* root \/usr\/bin\/env /,
    );
    expect(host.jobctl("uninstall-timers --target cron.d").code).toBe(0);
    expect(host.shell("ls /etc/cron.d/shop").code).not.toBe(0);
  });

  it("are refused for what cron can't keep, for a variable that only this shell has", () => {
    host.write("/etc/jobctl/other.yaml", `${head}  alone: { schedule: "* * * * *", shell: "true", network: false }\n`);
    const { code, stderr } = host.jobctl("install-timers --target crontab --manifest /etc/jobctl/other.yaml");
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr:
        "jobctl: /etc/jobctl/other.yaml can't be installed so:\n  jobs.alone: network: false: cron can't take the network away; use systemd timers\n",
    });
    host.write("/etc/jobctl/other.yaml", `${head}  alone: { schedule: "* * * * *", shell: "true", env: { A: "\${ONLY_HERE:-x}" } }\n`);
    const here = host.shell("ONLY_HERE=y jobctl install-timers --target crontab --manifest /etc/jobctl/other.yaml");
    expect(here.code).toBe(78);
    expect(here.stderr).toContain(
      "uses a variable of this shell that no timer has: ONLY_HERE; put it into the manifest's envFile, or unset it here",
    );
  });
});
