import { describe, expect, it } from "vitest";
import { findZone } from "../../src/schedule/zone.ts";
import { isProblem } from "../../src/schedule/schedule.ts";
import { crontabBlock, cronDFile } from "../../src/timers/crontab-block.ts";
import { at, source, target, timed } from "./source.ts";

const CALL = "/usr/bin/env JOBCTL_ENV=production /usr/bin/node /usr/bin/jobctl run";
const PLACE = "--manifest /etc/jobctl/jobctl.yaml --state-dir /var/lib/jobctl/jobctl";
const berlin = findZone("Europe/Berlin");
if (isProblem(berlin)) throw new Error(berlin.problem);

describe("the crontab block", () => {
  const jobs = [
    timed("token-cleanup"),
    timed("report", { schedule: at("30 2 L * *", { timezone: "Europe/Berlin" }) }),
    timed("odd", { schedule: at("every 90m") }),
    timed("off", { enabled: false }),
    timed("seconds", { schedule: at("every 10s") }),
  ];

  it("has a line per job and one for what was missed, between its marks", () => {
    expect(crontabBlock(source(jobs), target())).toBe(`# BEGIN jobctl /etc/jobctl/jobctl.yaml
# Made by jobctl install-timers: change the manifest, not these lines.
0 3 * * * ${CALL} --trigger cron ${PLACE} token-cleanup
*/60,30 * * * * ${CALL} --trigger cron ${PLACE} report
0 */3 * * * ${CALL} --trigger cron ${PLACE} odd
30 1,4,7,10,13,16,19,22 * * * ${CALL} --trigger cron ${PLACE} odd
@reboot ${CALL} --due ${PLACE}
# END jobctl /etc/jobctl/jobctl.yaml
`);
  });

  it("is plain for a job in the host's own zone", () => {
    const text = crontabBlock(source(jobs.slice(0, 2)), target({ host: berlin }));
    expect(text).toContain(`\n30 2 28-31 * * ${CALL} --trigger cron ${PLACE} report\n`);
    expect(text).toContain(`\n*/60 * * * * ${CALL} --trigger cron ${PLACE} token-cleanup\n`);
  });

  it("quotes paths for sh and for cron", () => {
    const text = crontabBlock(
      source(jobs.slice(0, 1), { manifestPath: "/etc/it's 100%/jobs.yaml", environment: "two words" }),
      target({ stateDir: "/var/back\\slash" }),
    );
    expect(text).toContain(`/usr/bin/env JOBCTL_ENV='two words' /usr/bin/node`);
    expect(text).toContain(`--manifest '/etc/it'\\\\''s 100\\%/jobs.yaml' --state-dir '/var/back\\\\slash' token-cleanup`);
  });

  it("names the user in /etc/cron.d, in a file without a dot", () => {
    const { name, text } = cronDFile(source(jobs.slice(0, 1)), target({ user: "deploy" }));
    expect(name).toBe("jobctl");
    expect(text.split("\n").slice(2, 4)).toEqual([
      `0 3 * * * deploy ${CALL} --trigger cron ${PLACE} token-cleanup`,
      `@reboot deploy ${CALL} --due ${PLACE}`,
    ]);
  });
});
