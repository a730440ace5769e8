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
import { schedule } from "../schedule/arbitraries.ts";

const hosts: Host[] = [];
const folders: string[] = [];
afterAll(() => {
  for (const host of hosts.splice(0)) host.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const canFakeClock = isRoot && globSync("/usr/lib/*/faketime/libfaketime.so.1").length > 0;
const SPEED = 120;
const MINUTE = 60_000;
const HOST_ZONE = "Europe/Berlin";
/** A start may be seen later than it was: this machine's second is two minutes of the host. */
const TOLERANCE = 4 * MINUTE;

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
    ["forward", "2027-03-28 01:35:00", "2027-03-28T00:35:00Z", 70],
    ["back", "2027-10-31 01:35:00", "2027-10-30T23:35:00Z", 130],
  ])(
    "%s starts every job at its occurrences",
    async (_, clock, start, minutes) => {
      const from = Date.parse(start);
      const starts = await startsIn(clock, from, minutes);
      const missed: string[] = [];
      let occurrences = 0;
      for (const [index, [text, zone]] of JOBS.entries()) {
        // The crontab is read in the first minutes.
        for (let at = nextAfter(schedule(text, zone), from + 4 * MINUTE); at !== undefined && at < from + minutes * MINUTE - TOLERANCE;) {
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
