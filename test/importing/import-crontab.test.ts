import { describe, expect, it } from "vitest";
import { type CrontabPlace, importCrontab } from "../../src/importing/import-crontab.ts";
import type { Json } from "../../src/job.ts";
import { NOT_CARRIED, USER_LINES } from "./crontab-lines.ts";

const place = (some: Partial<CrontabPlace> = {}): CrontabPlace => ({
  name: "tab",
  withUser: false,
  dialect: "debian",
  timezone: "UTC",
  user: "deploy",
  homeOf: (user) => ({ root: "/root", deploy: "/home/deploy", www: "/var/www" })[user],
  now: Date.parse("2026-11-22T03:00:00Z"),
  ...some,
});

const one = (text: string, some: Partial<CrontabPlace> = {}) => {
  const [job] = importCrontab(text, place(some)).jobs;
  if (job === undefined) throw new Error("no job");
  return job;
};

describe("a crontab line", () => {
  const jobs = importCrontab(USER_LINES.map(([line]) => line).join("\n"), place()).jobs;

  it.each(USER_LINES)("%s", (line, name, expression, entry) => {
    const index = USER_LINES.findIndex((row) => row[0] === line);
    const { schedule, cwd, ...rest } = jobs[index]?.entry ?? {};
    expect({ ...rest, cwd, name: jobs[index]?.name }).toEqual({ cwd: "/home/deploy", ...entry, name });
    expect(schedule).toEqual({ expression, catchUp: "none" });
    expect(jobs[index]?.origin).toEqual({ place: `tab:${index + 1}`, text: line });
  });

  it.each(NOT_CARRIED)("%s: says what could not be carried over", (line, problem) => {
    const { entry, problems } = one(line);
    expect(problems).toEqual([problem]);
    expect(entry["schedule"]).toBeUndefined();
    expect(entry["enabled"]).toBe(line.startsWith("@reboot") ? undefined : false);
  });

  it("that names its user runs as that user, in its home folder", () => {
    const text = "17 * * * * root cd / && run-parts --report /etc/cron.hourly\n09,39 * * * * www /var/www/clean.sh\n";
    const { jobs: found } = importCrontab(text, place({ withUser: true, user: undefined }));
    expect(found.map(({ name, entry }) => Object.assign({ name }, entry))).toEqual([
      {
        name: "run-parts",
        command: ["run-parts", "--report", "/etc/cron.hourly"],
        cwd: "/",
        schedule: { expression: "17 * * * *", catchUp: "none" },
      },
      {
        name: "clean",
        command: ["/var/www/clean.sh"],
        cwd: "/var/www",
        schedule: { expression: "09,39 * * * *", catchUp: "none" },
        security: { runAs: "www" },
      },
    ]);
  });

  it("keeps flock where several lines share its file", () => {
    const { jobs: found } = importCrontab("0 1 * * * flock -n /tmp/l /opt/a\n0 2 * * * flock -n /tmp/l /opt/b\n", place());
    expect(found.map(({ entry }) => entry["command"])).toEqual([
      ["flock", "-n", "/tmp/l", "/opt/a"],
      ["flock", "-n", "/tmp/l", "/opt/b"],
    ]);
    expect(found.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(importCrontab("0 1 * * * flock -n /tmp/l /opt/a\n0 2 * * * flock -n /tmp/l /opt/b\n", place()).notes).toEqual([
      "Of all jobs: flock stays in the command: /tmp/l keeps several jobs apart, which overlap would not",
    ]);
  });

  it("leaves out jobctl's own lines, half lines and what is commented out", () => {
    const text =
      "0 3 * * * /usr/bin/node /usr/bin/jobctl run --trigger cron --manifest /etc/x a\n0 3 * *\n#0 4 * * * /opt/old\n* * * * *\n";
    const { jobs: found, leftOut, notes } = importCrontab(text, place());
    expect(found).toEqual([]);
    expect(leftOut.map(({ origin, reason }) => `${origin.place} ${reason}`)).toEqual([
      "tab:2 is no crontab line: five fields or a nickname, and a command",
      "tab:4 has no command",
      "tab:1 is a line of jobctl's own",
    ]);
    expect(notes).toEqual(["1 commented-out line was left out"]);
  });
});

describe("a crontab's variables", () => {
  it("hold for the lines below them, and mean themselves", () => {
    const text = "A=1\n0 1 * * * /opt/a\n\"B\" = 'x $HOME ${C}'  \n0 2 * * * A=2 /opt/b\n";
    expect(importCrontab(text, place()).jobs.map(({ entry }) => entry["env"])).toEqual([{ A: "1" }, { A: "2", B: "x $HOME $${C}" }]);
  });

  it.each<[string, Record<string, Json>]>([
    ["SHELL=/bin/bash\n0 1 * * * [[ -f x ]] && y", { command: ["/bin/bash", "-c", "[[ -f x ]] && y"] }],
    ["SHELL=/bin/bash\n0 1 * * * /opt/a b", { command: ["/opt/a", "b"] }],
    ["HOME=/srv/x\n0 1 * * * cd ~/y && ./z", { cwd: "/srv/x/y", env: { HOME: "/srv/x" } }],
    ["PATH=/opt/bin:/bin\n0 1 * * * z", { env: { PATH: "/opt/bin:/bin" } }],
  ])("%j", (text, entry) => {
    expect(one(text).entry).toMatchObject(entry);
  });

  it("of cron itself are told: who got mail, and what does nothing", () => {
    const { notes, entry } = one("MAILTO=ops@example.com\nCRON_TZ=Asia/Tokyo\nDB_PASSWORD=x\n0 1 * * * /opt/a");
    expect(entry["schedule"]).toEqual({ expression: "0 1 * * *", catchUp: "none" });
    expect(notes).toEqual([
      "MAILTO=ops@example.com: cron mailed its output there; jobctl keeps it (jobctl logs), and the end of a failure's output is what cron would still mail",
      "CRON_TZ=Asia/Tokyo does nothing under Debian's cron, so it was left out; for a table of cronie's import with --dialect cronie",
      "DB_PASSWORD: looks secret; secrets: or an envFile would keep it out of this file and out of logs",
    ]);
    const cronie = one("CRON_TZ=Asia/Tokyo\nRANDOM_DELAY=10\n0 1 * * * echo a\\\\b", { dialect: "cronie" });
    expect(cronie.entry).toMatchObject({
      schedule: { expression: "0 1 * * *", timezone: "Asia/Tokyo", jitter: "10m", catchUp: "none" },
      command: ["echo", "a\\b"],
    });
    const often = one("RANDOM_DELAY=10\n*/5 * * * * /opt/a", { dialect: "cronie" });
    expect(often.entry["schedule"]).toMatchObject({ jitter: "299s" });
    expect(often.notes).toEqual(["RANDOM_DELAY=10 reaches the next start: a jitter is shorter than the time between two runs"]);
  });

  it("the comment above a line describes its job", () => {
    const text = "# m h  dom mon dow   command\n\n# Dumps the database,\n# every night.\n0 1 * * * /opt/dump\n#####\n0 2 * * * /opt/b\n";
    expect(importCrontab(text, place()).jobs.map(({ entry }) => entry["description"])).toEqual([
      "Dumps the database, every night.",
      undefined,
    ]);
  });
});

it("says where cron and a manifest differ when the clock changes", () => {
  const berlin = { timezone: "Europe/Berlin" };
  expect(one("30 2 * * * /opt/a", berlin).notes).toEqual([
    "02:30 does not exist on 2027-03-28 in Europe/Berlin: no run that day; use 03:30 or UTC; cron starts it when the clock has jumped",
  ]);
  expect(one("0 * * * * /opt/a", berlin).notes).toEqual([
    "02:00 comes twice on 2027-10-31 in Europe/Berlin: the job runs the first time only; cron starts it both times",
  ]);
  expect(one("0 5 * * * /opt/a", berlin).notes).toEqual([]);
});
