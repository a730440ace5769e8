import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crontabLines } from "../../src/schedule/crontab-lines.ts";
import { nextOccurrences } from "../../src/schedule/occurrences.ts";
import { isProblem } from "../../src/schedule/schedule.ts";
import { type Zone, findZone } from "../../src/schedule/zone.ts";
import { ZONES, expressions, nightly, schedule } from "./arbitraries.ts";
import { matchesWall, wallOf } from "./brute-force.ts";

function zone(name: string): Zone {
  const found = findZone(name);
  if (isProblem(found)) throw new Error(found.problem);
  return found;
}

function lines(text: string, jobZone: string, hostZone: string): string[] {
  const found = crontabLines(schedule(text, jobZone), zone(hostZone));
  if (isProblem(found)) throw new Error(found.problem);
  return found.lines;
}

describe("crontab lines", () => {
  it.each([
    ["0 3 * * *", "0 3 * * *"],
    ["05 03 01 JAN sun", "5 3 1 1 0"],
    ["*/15 9-17 * * MON-FRI", "*/15 9-17 * * 1-5"],
    ["0,15,30,45 * * * *", "0,15,30,45 * * * *"],
    ["@weekly", "0 0 * * 0"],
    ["0 22-2 * * FRI-MON", "0 0-2,22,23 * * 0,1,5,6"],
    ["0 0 1-31 * 1", "0 0 1-31 * 1"],
    ["0 0 13 * 0-6", "0 0 13 * 0-6"],
    ["0 0 *,5 * 1", "0 0 * * 1"],
    ["0 0 5,* * 1", "0 0 1-31 * 1"],
    ["0 0 */2,4 * 1", "0 0 */2,4 * 1"],
    ["0 0 1-7 * */1", "0 0 1-7 * *"],
    ["*/100 * * * *", "*/100 * * * *"],
    ["0 0 ? * 5", "0 0 * * 5"],
    ["0 0 3 * * *", "0 3 * * *"],
  ])("%j on a host in the job's zone is %j", (text, line) => {
    const host = zone("Etc/UTC");
    expect(crontabLines(schedule(text, "UTC"), host)).toEqual({ lines: [line], wakesMore: false });
  });

  it.each([
    ["0 0 L * *", "0 0 28-31 * *"],
    ["0 0 15,L * *", "0 0 15,28-31 * *"],
    ["0 0 * * 1,5L", "0 0 * * 1,5"],
    ["0 0 * * 5#3", "0 0 * * 5"],
    ["0 0 15W * *", "0 0 * * *"],
    ["0 0 LW 6 1", "0 0 * 6 *"],
    ["every 7m", "* * * * *"],
    ["every 90s", "* * * * *"],
    ["every 2d", "0 0 * * *"],
    ["at 2026-03-04T05:06", "6 5 4 3 *"],
  ])("%j wakes more often, by %j", (text, line) => {
    expect(crontabLines(schedule(text, "UTC"), zone("UTC"))).toMatchObject({ lines: [line], wakesMore: true });
  });

  it.each([
    ["every 15m", ["*/15 * * * *"]],
    ["every 2h", ["0 */2 * * *"]],
    ["every 90m", ["0 */3 * * *", "30 1,4,7,10,13,16,19,22 * * *"]],
    ["every 45m", ["0,45 */3 * * *", "30 1,4,7,10,13,16,19,22 * * *", "15 2,5,8,11,14,17,20,23 * * *"]],
    ["every 1d", ["0 0 * * *"]],
  ])("%j on a host in UTC is %j", (text, expected) => {
    expect(crontabLines(schedule(text, "UTC"), zone("UTC"))).toEqual({ lines: expected, wakesMore: false });
  });

  it.each([
    ["30 1 * * *", "UTC", "Europe/London", ["*/60,30 * * * *"]],
    ["0 1 * * *", "UTC", "Europe/London", ["*/60 * * * *"]],
    ["10,20 1 * * 1", "Asia/Kolkata", "Europe/Berlin", ["*/60,5,10,20,25,35,40,50,55 * * * *"]],
    ["0 1 * * *", "Asia/Kolkata", "UTC", ["*/15 * * * *"]],
    ["*/2 1 * * *", "UTC", "Europe/London", ["*/2 * * * *"]],
    ["0-20 1 * * *", "UTC", "Europe/London", ["* * * * *"]],
    ["every 1d", "UTC", "Europe/London", ["*/60 * * * *"]],
    ["every 15m", "UTC", "Europe/London", ["*/15 * * * *"]],
    ["at 2026-03-01T05:06", "UTC", "Europe/London", ["*/60,6 * 28 2 *", "*/60,6 * 1,2 3 *"]],
  ])("%j in %s on a host in %s wakes by %j", (text, jobZone, hostZone, expected) => {
    expect(lines(text, jobZone, hostZone)).toEqual(expected);
  });

  it("take two names of one clock for one zone", () => {
    expect(lines("0 3 * * *", "Europe/Berlin", "Arctic/Longyearbyen")).toEqual(["0 3 * * *"]);
  });

  it.each([
    ["30 0 3 * * *", "cron can't start it at the seconds of its schedule: use systemd timers, or a schedule of whole minutes"],
    ["every 30s", "cron can't start it at every 30 s: use systemd timers, or a schedule of whole minutes"],
    ["at 2026-03-04T05:06:07", "cron can't start it at a time with seconds: use systemd timers, or a schedule of whole minutes"],
  ])("can't say %j", (text, problem) => {
    expect(crontabLines(schedule(text, "UTC"), zone("UTC"))).toEqual({ problem });
  });

  it("fire at every occurrence, whatever the two zones are", () => {
    const bases = [Date.UTC(2026, 9, 24, 12), Date.UTC(2027, 2, 27, 12), Date.UTC(2027, 9, 2, 12), Date.UTC(2027, 3, 3, 6)];
    const zones = fc.constantFrom(...ZONES);
    fc.assert(
      fc.property(fc.oneof(nightly, expressions), zones, zones, fc.constantFrom(...bases), (text, jobZone, hostZone, base) => {
        const found = lines(text, jobZone, hostZone);
        for (const at of nextOccurrences(schedule(text, jobZone), base, 5)) {
          const wall = wallOf(hostZone, at);
          expect(found.some((line) => matchesWall(line, wall))).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
