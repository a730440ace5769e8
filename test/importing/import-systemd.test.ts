import { describe, expect, it } from "vitest";
import { importSystemd, serviceOf, type TimerPair } from "../../src/importing/import-systemd.ts";
import { UNITS } from "./units.ts";

const place = { timezone: "UTC", isUser: false, homeOf: (user: string) => (user === "root" ? "/root" : undefined) };

const pair = (name: string, timer: string, service: string | undefined, state?: string): TimerPair => ({
  timerName: `${name}.timer`,
  timer,
  serviceName: `${name}.service`,
  service,
  state,
});

describe("a timer and its service", () => {
  it.each(UNITS)("$name", ({ name, timer, service, entry, problems = [] }) => {
    const [job] = importSystemd([pair(name, timer, service)], place).jobs;
    expect({ name: job?.name, entry: job?.entry, problems: job?.problems }).toEqual({
      name: name.replace("@", "-"),
      entry: { cwd: "/", ...entry },
      problems,
    });
  });

  it("that is disabled stays so", () => {
    const [job] = importSystemd([pair("x", "[Timer]\nOnCalendar=daily\n", "[Service]\nExecStart=/x\n", "disabled")], place).jobs;
    expect(job).toMatchObject({ entry: { enabled: false, schedule: { expression: "0 0 * * *" } }, notes: ["the timer is disabled"] });
  });

  it("is left out where there is nothing to run, or where it is jobctl's own", () => {
    const timer = "[Timer]\nOnCalendar=daily\n";
    const { jobs, leftOut } = importSystemd(
      [
        pair("none", timer, undefined),
        pair("masked", "", "[Service]\nExecStart=/x\n", "masked"),
        pair("bare", "[Unit]\n", "[Service]\nExecStart=/x\n"),
        pair("empty", timer, "[Service]\nType=oneshot\n"),
        pair("open", timer, '[Service]\nExecStart=/x "y\n'),
        pair("specific", timer, "[Service]\nExecStart=/x %m\n"),
        pair("jobctl-x", `${timer}[Unit]\nX-Jobctl-Manifest=/etc/jobctl/jobctl.yaml\n`, "[Service]\nExecStart=/x\n"),
      ],
      place,
    );
    expect(jobs).toEqual([]);
    expect(leftOut.map(({ origin, reason }) => `${origin.place} ${reason}`)).toEqual([
      "none.timer starts none.service, which there is not",
      "masked.timer is masked",
      "bare.timer has no [Timer] section",
      "empty.timer it has no ExecStart=, so there is nothing to run",
      'open.timer /x "y: the quote " is not closed',
      "specific.timer %m: what %m stands for is only known to systemd",
      "jobctl-x.timer is a timer of jobctl's own",
    ]);
  });

  it("keeps the unit that is started when it fails, where it is one", () => {
    const imported = (units: string) =>
      importSystemd([pair("x", "[Timer]\nOnCalendar=daily\n", `[Unit]\nOnFailure=${units}\n[Service]\nExecStart=/x\n`)], place).jobs[0];
    expect(imported("mail@%n.service")).toMatchObject({ entry: { onFailureUnit: "mail@%n.service" }, notes: [] });
    expect(imported("a.service b.service")?.notes).toEqual(["left out, as jobctl's units have none of it: OnFailure="]);
  });

  it("with a random delay that reaches its next start gets a jitter just short of that, and is told so", () => {
    const timer = "[Timer]\nOnCalendar=hourly\nPersistent=yes\nFixedRandomDelay=yes\nRandomizedDelaySec=";
    const imported = (delay: string) => importSystemd([pair("x", `${timer}${delay}\n`, "[Service]\nExecStart=/x\n")], place).jobs[0];
    expect(imported("3599s")?.entry["schedule"]).toMatchObject({ jitter: "3599s" });
    expect(imported("2h")).toMatchObject({
      entry: { schedule: { jitter: "3599s" } },
      notes: [
        "RandomizedDelaySec=2h reaches the next start: a jitter is shorter than the time between two runs",
        "Persistent=yes caught up however old the missed time was; jobctl does within a day (catchUpWithin)",
      ],
    });
  });

  it("says what its settings become, and what there are no words for", () => {
    const timer = "[Timer]\nOnUnitActiveSec=10min\nWakeSystem=yes\n";
    const service = `[Unit]\nAfter=network.target\n[Service]\nType=oneshot\nExecStart=/x $ARGS\nProtectSystem=full\nGroup=adm\nCPUQuota=20%\n`;
    expect(importSystemd([pair("x", timer, service)], place).jobs[0]?.notes).toEqual([
      "OnUnitActiveSec=10min counted from the last start; every 10m is by the clock (counted from 1970-01-01 UTC, or from startDate), and skips a start while the last run goes on",
      "WakeSystem= was left out: jobctl wakes no sleeping machine",
      "$NAME is split at blanks; quotes inside its value mean nothing to the shell, but did to systemd",
      "Group=adm was left out: a job has the groups of its user",
      "hardening that jobctl's own units set by hardening: and network: ProtectSystem",
      "left out, as jobctl's units have none of it: After=",
      "left out, as a manifest has no words for it: CPUQuota",
    ]);
  });

  it("may be of different names", () => {
    expect(serviceOf("a.timer", "[Timer]\nUnit=b.service\n")).toBe("b.service");
    expect(serviceOf("a@x.timer", "[Timer]\n")).toBe("a@x.service");
  });
});
