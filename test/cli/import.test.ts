import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, closeSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { JOBCTL, type World, world } from "../helpers/world.ts";
import { NOT_CARRIED, USER_LINES } from "../importing/crontab-lines.ts";
import { UNITS } from "../importing/units.ts";

/** A program of this name in front of the PATH. */
function program(w: World, name: string, script: string): Record<string, string> {
  chmodSync(w.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  return { PATH: `${w.dir}/bin:${w.env.PATH}` };
}

describe("jobctl import crontab", () => {
  it("writes a manifest that is valid and runs its jobs", async () => {
    const w = world("");
    w.write(
      "tab",
      `${[...USER_LINES, ...NOT_CARRIED].map(([line]) => line).join("\n")}\n0 3 * * * printf '\\%s' "a b" > made && cat >> made%c%d\n`,
    );
    const { code, stdout, stderr } = await w.jobctl(["import", "crontab", "tab", "--output", "new.yaml", "--timezone", "UTC"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain(`${USER_LINES.length + NOT_CARRIED.length + 1} jobs from tab\n! warm: @reboot: `);
    expect(stderr).toContain("wrote new.yaml\nnext: jobctl validate --manifest new.yaml\n");
    expect(await w.jobctl(["validate", "--manifest", "new.yaml"])).toMatchObject({ code: 0, stderr: "" });
    expect(await w.jobctl(["run", "--manifest", "new.yaml", "--state-dir", "state", "cat"])).toMatchObject({ code: 0 });
    expect(w.read("made")).toBe("a bc\nd\n");
  });

  it("says above each entry where it comes from, and what is different", async () => {
    const w = world("");
    w.write(
      "tab",
      'MAILTO=""\n# The nightly dump\n30 1 * * * flock -n /tmp/l /opt/dump --full > /dev/null 2>&1\n@reboot /opt/warm\n1 2 3\n',
    );
    const { stdout } = await w.jobctl(["import", "crontab", "tab", "--timezone", "Europe/Berlin", "--user", "root"]);
    expect(stdout).toMatchInlineSnapshot(`
      "# Imported from tab by jobctl import. Read the remarks, then: jobctl validate, jobctl next.
      # Of all jobs: MAILTO="" kept its output from being mailed; jobctl mails none of it by itself
      version: 1
      timezone: Europe/Berlin

      jobs:
        # From tab:3
        #     30 1 * * * flock -n /tmp/l /opt/dump --full > /dev/null 2>&1
        # Note: its output went to /dev/null; jobctl keeps it in the run's log instead (jobctl logs)
        # Note: flock on /tmp/l became jobctl's own lock (overlap); a start that is refused is recorded as skipped. Keep flock
        #   if other programs take that file too
        dump:
          description: The nightly dump
          command: [/opt/dump, --full]
          overlap: skip
          cwd: /root
          schedule: {expression: 30 1 * * *, catchUp: none}

        # From tab:4
        #     @reboot /opt/warm
        # NOT CARRIED OVER: @reboot: a manifest has no schedule for the start of the machine; keep one line "@reboot jobctl run
        #   NAME"
        warm:
          command: [/opt/warm]
          cwd: /root

      # Left out: tab:5: is no crontab line: five fields or a nickname, and a command
      #     1 2 3
      "
    `);
  });

  it("reads the caller's own table, stdin, and files with a user field", async () => {
    const w = world("");
    const own = program(w, "crontab", '[ "$*" = -l ] && echo "0 3 * * * /opt/mine"');
    const { stdout } = await w.jobctl(["import", "crontab", "--json"], own);
    expect(JSON.parse(stdout)).toMatchObject({
      jobs: [{ name: "mine", entry: { command: ["/opt/mine"] }, origin: { place: "crontab -l:1" } }],
    });
    w.write("system", "0 3 * * * root /opt/a\n");
    expect(await w.jobctl(["import", "crontab", "system"])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("say which it is: --form system, or --form user"),
    });
    const system = await w.jobctl(["import", "crontab", "system", "--form", "system", "--json"]);
    expect(JSON.parse(system.stdout).jobs).toMatchObject([{ name: "a", entry: { command: ["/opt/a"], cwd: "/root" } }]);
    const piped = execFileSync(
      "sh",
      ["-c", `echo '0 3 * * * /opt/b' | ${process.execPath} ${process.cwd()}/bin/jobctl.js import crontab - 2>/dev/null`],
      {
        encoding: "utf8",
      },
    );
    expect(piped).toContain("  # From stdin:1\n");
  });

  it("takes a crontab that can't be read for an error, and no crontab for none", async () => {
    const w = world("");
    const none = program(w, "crontab", "echo 'no crontab for deploy' >&2; exit 1");
    expect(await w.jobctl(["import", "crontab"], none)).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("has no crontab"),
    });
    const asked = await w.jobctl(["import", "crontab", "--json", "--timezone", "UTC"], none);
    expect(JSON.parse(asked.stdout)).toEqual({ timezone: "UTC", jobs: [], leftOut: [], notes: [] });
    const denied = program(w, "crontab", "echo 'You (deploy) are not allowed to use this program (crontab)' >&2; exit 1");
    expect(await w.jobctl(["import", "crontab"], denied)).toMatchObject({
      code: 69,
      stderr: "jobctl: crontab -l failed (exit code 1): You (deploy) are not allowed to use this program (crontab)\n",
    });
    expect(await w.jobctl(["import", "crontab"], { PATH: `${w.dir}/empty` })).toMatchObject({
      code: 69,
      stderr: "jobctl: crontab is not installed; install the package cron\n",
    });
    expect(await w.jobctl(["import", "crontab", "missing"])).toMatchObject({
      code: 64,
      stderr: "jobctl: missing: can't be read: there is no such file\n",
    });
    expect(await w.jobctl(["import", "crontab", "jobctl.yaml", "--timezone", "Berlin"])).toMatchObject({ code: 64 });
  });

  it.each([
    ["crontab", "/dev/zero", "it is a device or socket, not a file"],
    ["crontab", "pipe.timer", "it is a pipe, not a file"],
    ["crontab", "folder", "it is a folder, not a file"],
    ["crontab", "huge", "it is larger than 16 MB"],
    ["crontab", "-", "it is larger than 16 MB"],
    ["systemd", "./pipe.timer", "it is a pipe, not a file"],
  ])("import %s %s ends and says why it reads no such thing", (kind, name, why) => {
    const w = world("");
    execFileSync("sh", ["-c", "mkfifo pipe.timer; mkdir folder; truncate -s 3G huge"], { cwd: w.dir });
    const stdin = openSync("/dev/zero", "r");
    const { status, stderr } = spawnSync(process.execPath, [JOBCTL, "import", kind, name], {
      cwd: w.dir,
      env: w.env,
      encoding: "utf8",
      stdio: [stdin, "pipe", "pipe"],
    });
    closeSync(stdin);
    expect([status, stderr]).toEqual([64, expect.stringMatching(new RegExp(`^jobctl: \\S+: can't be read: ${why}\\n$`))]);
  });

  it("never writes over a file", async () => {
    const w = world("");
    w.write("tab", "0 3 * * * /opt/a\n");
    w.write("there.yaml", "mine\n");
    expect(await w.jobctl(["import", "crontab", "tab", "--output", "there.yaml"])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("there.yaml exists already and was left as it is"),
    });
    expect(w.read("there.yaml")).toBe("mine\n");
  });
});

/** Writes all units to files, and tells the timers' paths. */
const written = (w: World): string[] =>
  UNITS.map(({ name, timer, service }) => {
    w.write(`units/${name}.service`, service);
    w.write(`units/${name}.timer`, timer);
    return `./units/${name}.timer`;
  });

describe("jobctl import systemd", () => {
  it("writes a manifest that is valid from unit files", async () => {
    const w = world("");
    const { code, stderr } = await w.jobctl(["import", "systemd", ...written(w), "--output", "new.yaml", "--timezone", "UTC"]);
    expect(code).toBe(0);
    expect(stderr).toContain(`${UNITS.length} jobs from `);
    w.write("default.env", "X=1\n");
    w.write(
      "new.yaml",
      w
        .read("new.yaml")
        .replace("/etc/default/env", "default.env")
        .replaceAll(/runAs: \w+/g, "runAs: root"),
    );
    expect(await w.jobctl(["validate", "--manifest", "new.yaml"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("asks systemctl for units by name, and without names for those that are not of packages", async () => {
    const w = world("");
    written(w);
    const env = program(
      w,
      "systemctl",
      `case "$*" in
        cat*limits.timer) cat units/limits.timer;; cat*limits.service) cat units/limits.service;;
        cat*) echo "No files found for $4." >&2; exit 1;;
        show*UnitFileState*) echo UnitFileState=enabled;;
        list-units*) echo 'limits.timer loaded active waiting Limits';;
        list-unit-files*) printf 'limits.timer enabled enabled\\nfstrim.timer enabled enabled\\npg@.timer disabled enabled\\n';;
        show*FragmentPath*) printf 'Id=limits.timer\\nFragmentPath=/etc/systemd/system/limits.timer\\n\\nId=fstrim.timer\\nFragmentPath=/lib/systemd/system/fstrim.timer\\n';;
      esac`,
    );
    for (const names of [["limits"], ["limits.timer"], []]) {
      const { code, stdout, stderr } = await w.jobctl(["import", "systemd", ...names, "--json"], env);
      expect({ code, name: JSON.parse(stdout).jobs[0].name }).toEqual({ code: 0, name: "limits" });
      expect(stderr.includes("left out, since they come with packages (name one to import it): fstrim.timer")).toBe(names.length === 0);
    }
    expect(await w.jobctl(["import", "systemd", "nope"], env)).toMatchObject({
      code: 64,
      stderr: "jobctl: there is no unit nope.timer; systemctl list-timers --all shows those there are\n",
    });
    const down = program(w, "systemctl", "echo 'Failed to connect to bus: Host is down' >&2; exit 1");
    expect(await w.jobctl(["import", "systemd", "x"], down)).toMatchObject({
      code: 69,
      stderr: expect.stringContaining("Failed to connect to bus: Host is down; unit files can be named instead"),
    });
    expect(await w.jobctl(["import", "systemd", "./units/missing.timer"])).toMatchObject({ code: 64 });
  });
});
