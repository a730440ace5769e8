import { describe, expect, it } from "vitest";
import { world } from "../helpers/world.ts";

const JOBS = `
  nightly:
    command: ["true"]
    schedule: { type: cron, expression: "30 2 * * *", timezone: Europe/Berlin }
  often:
    command: ["true"]
    schedule: every 45m
  by-hand:
    command: ["true"]
  resting:
    command: ["true"]
    enabled: false
    schedule: "@daily"
  over:
    command: ["true"]
    schedule: at 2020-01-01T00:00
`;

describe("jobctl next", () => {
  it("prints the next run of every enabled job, soonest first, by the job's clock and by this one", async () => {
    const { stdout, stderr, code } = await world(JOBS).jobctl(["next", "--from", "2027-03-27T02:00:00Z"]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const lines = stdout.split("\n").map((line) => line.replace(/\s+\S+$/, ""));
    expect(lines).toEqual([
      "JOB      NEXT RUN                            HERE",
      "often    Sat 2027-03-27 02:15 UTC",
      "nightly  Mon 2027-03-29 02:30 Europe/Berlin  Mon 2027-03-29 00:30 UTC",
      "",
    ]);
  });

  it("prints as many runs of one job as asked for, as JSON in UTC", async () => {
    const { stdout } = await world(JOBS).jobctl(["next", "nightly", "--from", "2026-10-24", "--count", "3", "--json"]);
    expect(JSON.parse(stdout)).toEqual([
      { job: "nightly", at: "2026-10-24T00:30:00.000Z" },
      { job: "nightly", at: "2026-10-25T00:30:00.000Z" },
      { job: "nightly", at: "2026-10-26T01:30:00.000Z" },
    ]);
  });

  it.each([
    ["by-hand", "by-hand has no schedule: it runs by hand only\n"],
    ["over", "over has no run to come\n"],
    ["resting", "resting is disabled: these runs are skipped\n"],
  ])("says what is to know of %s", async (job, stderr) => {
    expect(await world(JOBS).jobctl(["next", job])).toMatchObject({ stderr, code: 0 });
  });

  it("refuses an unknown job and a time that is none", async () => {
    const w = world(JOBS);
    expect(await w.jobctl(["next", "nightli"])).toMatchObject({ code: 64, stderr: expect.stringContaining('did you mean "nightly"?') });
    expect(await w.jobctl(["next", "--from", "soon"])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--from: "soon" is no time'),
    });
  });
});

describe("jobctl schedule", () => {
  it("explains an expression for people", async () => {
    const { stdout, code } = await world("").jobctl(["schedule", "30 2 * * 5L", "--timezone", "Europe/Berlin"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^30 2 \* \* 5L\n {2}at 02:30 on the last Friday of the month \(Europe\/Berlin\)\n\nNext runs\n( {2}Fri \d{4}-\d\d-\d\d 02:30 Europe\/Berlin = Fri \d{4}-\d\d-\d\d 0[01]:30 UTC\n){10}\ncrontab \(a host whose clock is /,
    );
    expect(stdout).toContain("\nOnCalendar (systemd)\n  Fri *-01,03,05,07,08,10,12-25..31 02:30:00 Europe/Berlin\n");
  });

  it("gives the same as JSON", async () => {
    const { stdout } = await world("").jobctl(["schedule", "30 2 * * *", "--timezone", "Europe/Berlin", "--json"]);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      expression: "30 2 * * *",
      timezone: "Europe/Berlin",
      words: "at 02:30 every day (Europe/Berlin)",
      onCalendar: { lines: ["*-*-* 02:30:00 Europe/Berlin"], note: null },
    });
    expect(found.next).toHaveLength(10);
    expect(found.clockChanges.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(["repeated", "skipped"]);
  });

  it("tells where cron-parser reads an expression differently, and where it refuses it", async () => {
    const w = world("");
    const and = await w.jobctl(["schedule", "0 0 */2 * 1"]);
    expect(and.stdout).toMatch(/Elsewhere\n {2}cron-parser reads it differently: it has \d{4}-\d\d-\d\d 00:00 where cron and jobctl have/);
    expect((await w.jobctl(["schedule", "0 0 15W * *"])).stdout).toContain("Elsewhere\n  cron-parser refuses it: ");
    expect((await w.jobctl(["schedule", "0 3 * * *"])).stdout).not.toContain("Elsewhere");
  });

  it("refuses what is no schedule, with 64", async () => {
    expect(await world("").jobctl(["schedule", "5/15 * * * *"])).toMatchObject({
      code: 64,
      stdout: "",
      stderr: 'jobctl: minute "5/15" steps from a single value: write "5-59/15"\n',
    });
  });

  it("takes the job's name for H", async () => {
    const w = world("");
    expect((await w.jobctl(["schedule", "H 3 * * *"])).code).toBe(64);
    const [one, other] = [await w.jobctl(["schedule", "H 3 * * *", "--job", "a"]), await w.jobctl(["schedule", "H 3 * * *", "--job", "b"])];
    expect([one.code, other.code]).toEqual([0, 0]);
    expect(one.stdout).not.toBe(other.stdout);
  });
});
