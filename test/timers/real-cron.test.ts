import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { crontabLines } from "../../src/schedule/crontab-lines.ts";
import { nextAfter } from "../../src/schedule/occurrences.ts";
import { isProblem } from "../../src/schedule/schedule.ts";
import { findZone } from "../../src/schedule/zone.ts";
import { type Host, isRoot, startHost } from "../helpers/hosts.ts";
import { startTimerHost } from "../helpers/timer-host.ts";
import { until } from "../helpers/world.ts";
import { schedule } from "../schedule/arbitraries.ts";

const hosts: Host[] = [];
const tellers: ChildProcess[] = [];
const folders: string[] = [];
afterAll(() => {
  for (const teller of tellers.splice(0)) teller.kill();
  for (const host of hosts.splice(0)) host.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const [faketime = ""] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
const canFakeClock = isRoot && faketime !== "";
/** Beyond five minutes of its clock (cron(8)) cron takes a stall for a jump of it, and leaves starts out: so much a busy machine needs. */
const SPEED = 60;
const MINUTE = 60_000;
const HOST_ZONE = "Europe/Berlin";
/** A start may be seen later than it was, on a busy machine above all, whose second is a minute of the host. */
const TOLERANCE = 9 * MINUTE;
/** Until cron has read its crontab. */
const READ_BY = 9 * MINUTE;

const JOBS: readonly (readonly [string, string])[] = [
  ["*/20 * * * *", HOST_ZONE],
  ["5 * * * *", HOST_ZONE],
  ["45 1 * * *", HOST_ZONE],
  ["30 2 * * *", HOST_ZONE],
  ["5 3 * * *", HOST_ZONE],
  ["15 2,3 L * *", HOST_ZONE],
  ["50 0 * * *", "UTC"],
  ["10 1 * * *", "UTC"],
  ["0 21 * * *", "America/New_York"],
  ["40 6 * * *", "Asia/Kolkata"],
  ["every 30m", "UTC"],
];

/** When the daemon started, in milliseconds since the epoch: from then on its clock runs from the given time at its own speed. */
function startOf(host: Host): number {
  const [ticks, uptime] = host
    .exec(["sh", "-c", 'sed "s/.*) //" "/proc/$(cat /run/crond.pid)/stat" | cut -d" " -f20; cut -d" " -f1 /proc/uptime'])
    .trim()
    .split("\n")
    .map(Number);
  return Date.now() - ((uptime ?? 0) - (ticks ?? 0) / 100) * 1000;
}

/** Runs the lines of all jobs on a cron whose clock runs through a window; gives the instants of its clock at which each was started. */
async function startsIn(clock: string, from: number, minutes: number): Promise<number[][]> {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-cron-"));
  folders.push(folder);
  const host = await startHost("cron-host", ["--share", folder, "--tz", HOST_ZONE, "--clock", clock, "--speed", String(SPEED)]);
  hosts.push(host);
  const hostZone = findZone(HOST_ZONE);
  if (isProblem(hostZone)) throw new Error(hostZone.problem);
  const lines = JOBS.flatMap(([text, zone], index) => {
    const found = crontabLines(schedule(text, zone), hostZone);
    if (isProblem(found)) throw new Error(found.problem);
    return found.lines.map((line) => `${line} date +\\%s\\%3N >> ${folder}/out-${index}\n`);
  });
  host.exec(["crontab", "-"], lines.join(""));
  const started = startOf(host);
  await sleep((minutes * MINUTE) / SPEED + 1000);
  return JOBS.map((_, index) => {
    const file = join(folder, `out-${index}`);
    const reals = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : [];
    return reals.map((real) => from + (real - started) * SPEED);
  });
}

const iso = (instant: number): string => new Date(instant).toISOString();

describe.runIf(canFakeClock).concurrent("a real cron over a change of its clock", () => {
  it.each([
    ["forward", "2027-03-28 01:30:00", "2027-03-28T00:30:00Z", 80],
    ["back", "2027-10-31 01:30:00", "2027-10-30T23:30:00Z", 140],
  ])(
    "%s starts every job at its occurrences",
    async (_, clock, start, minutes) => {
      const from = Date.parse(start);
      const starts = await startsIn(clock, from, minutes);
      const missed: string[] = [];
      let occurrences = 0;
      for (const [index, [text, zone]] of JOBS.entries()) {
        for (let at = nextAfter(schedule(text, zone), from + READ_BY); at !== undefined && at < from + minutes * MINUTE - TOLERANCE;) {
          const slot = at;
          occurrences += 1;
          if (!starts[index]?.some((instant) => instant > slot - MINUTE / 2 && instant < slot + TOLERANCE))
            missed.push(`${text} (${zone}) at ${iso(slot)}: ${starts[index]?.map(iso).join()}`);
          at = nextAfter(schedule(text, zone), slot);
        }
      }
      expect(missed).toEqual([]);
      expect(occurrences).toBeGreaterThan(10);
    },
    240_000,
  );
});

interface Fired {
  /** The host's zone and its clock at the start. */
  zone: string;
  clock: string;
  start: string;
  minutes: number;
  /** Schedule, zone, and the slots that the job is to be started for, in UTC. */
  jobs: readonly (readonly [name: string, expression: string, zone: string, slots: readonly string[]])[];
}

const JOBCTL_SPEED = 60;

/** A process of its own tells the clock, since this one stands still where it waits for a host. */
const TELL_CLOCK = `
const { renameSync, writeFileSync } = require("node:fs");
const [folder, from, started, speed] = process.argv.slice(1);
setInterval(() => {
  const real = Date.now();
  writeFileSync(folder + "/clock.new", "+" + (from - real + (real - started) * speed) / 1000 + "\\n");
  renameSync(folder + "/clock.new", folder + "/clock");
}, 10);`;

/** Installs the jobs on a cron whose clock runs through a window; gives the slots that jobctl started each for. */
async function slotsOf({ zone, clock, start, minutes, jobs }: Fired): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-cron-"));
  folders.push(folder);
  const speed = ["--tz", zone, "--clock", clock, "--speed", String(JOBCTL_SPEED)];
  const host = await startTimerHost("cron-host", ["--share", folder, ...speed]);
  hosts.push(host);
  const [from, started] = [Date.parse(start), startOf(host)];
  // What jobctl starts with is the daemon's clock of that moment: cron's variables carry it.
  const teller = spawn(process.execPath, ["-e", TELL_CLOCK, folder, String(from), String(started), String(JOBCTL_SPEED)], {
    stdio: "inherit",
  });
  tellers.push(teller);
  await until(() => existsSync(`${folder}/clock`), "the told clock");
  const variables = [`LD_PRELOAD=${faketime}`, `FAKETIME_TIMESTAMP_FILE=${folder}/clock`, "FAKETIME_DONT_FAKE_MONOTONIC=1"];
  const entries = jobs.map(
    ([name, expression, timezone]) =>
      `  ${name}: { schedule: { expression: "${expression}", timezone: ${timezone} }, shell: 'echo "$JOBCTL_SLOT" >> ${folder}/${name}' }\n`,
  );
  host.write("/etc/jobctl/jobctl.yaml", `version: 1\nprefix: clock\njobs:\n${entries.join("")}`);
  host.exec(["crontab", "-"], `${variables.join("\n")}\n`);
  // cron compares whole seconds: of two writes in one it may read the first and never look at the second.
  await sleep(1100);
  const installed = host.shell(`${variables.join(" ")} jobctl install-timers --target crontab`);
  expect(installed).toMatchObject({ code: 0, stderr: "" });
  await sleep(started + ((minutes + 3) * MINUTE) / JOBCTL_SPEED + 3000 - Date.now());
  teller.kill();
  return jobs.map(([name]) => (existsSync(`${folder}/${name}`) ? readFileSync(`${folder}/${name}`, "utf8").trim().split("\n") : []));
}

// Beside the others: all of them mostly wait.
describe.runIf(canFakeClock).concurrent("jobctl under a real cron over a change of its clock", () => {
  it.each<[string, Fired]>([
    [
      "forward",
      {
        zone: HOST_ZONE,
        clock: "2027-03-28 01:35:00",
        start: "2027-03-28T00:35:00Z",
        minutes: 55,
        jobs: [
          ["before", "50 1 * * *", HOST_ZONE, ["2027-03-28T00:50:00.000Z"]],
          ["skipped", "30 2 * * *", HOST_ZONE, []],
          ["after", "5 3 * * *", HOST_ZONE, ["2027-03-28T01:05:00.000Z"]],
          ["utc", "10 1 * * *", "UTC", ["2027-03-28T01:10:00.000Z"]],
          ["past", "20 1 * * *", HOST_ZONE, []],
        ],
      },
    ],
    [
      "back, in another zone",
      {
        zone: "UTC",
        clock: "2027-10-31 00:15:00",
        start: "2027-10-31T00:15:00Z",
        minutes: 90,
        jobs: [
          ["repeated", "30 2 * * *", HOST_ZONE, ["2027-10-31T00:30:00.000Z"]],
          ["half", "0,30 2 * * *", HOST_ZONE, ["2027-10-31T00:30:00.000Z"]],
          ["utc", "40 1 * * *", "UTC", ["2027-10-31T01:40:00.000Z"]],
        ],
      },
    ],
  ])(
    "%s runs each job for its own occurrences, once",
    async (_, fired) => {
      const slots = await slotsOf(fired);
      expect(Object.fromEntries(fired.jobs.map(([name], index) => [name, slots[index]]))).toEqual(
        Object.fromEntries(fired.jobs.map(([name, , , expected]) => [name, expected])),
      );
    },
    240_000,
  );
});
