import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Job } from "../../src/job.ts";
import type { TextFile, TimerTarget } from "../../src/timers/target.ts";
import { unitFiles } from "../../src/timers/unit-files.ts";
import { JOBCTL } from "../helpers/world.ts";
import { at, source, target, timed } from "./source.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function written(files: readonly TextFile[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-units-"));
  folders.push(folder);
  return files.map(({ name, text }) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
}

const textOf = (files: readonly TextFile[], name: string): string => files.find((file) => file.name === name)?.text ?? "";
const linesOf = (job: Job, fields: Partial<TimerTarget> = {}, name = `jobctl-${job.name}.service`): string[] =>
  textOf(unitFiles(source([job]), target(fields)), name).split("\n");

describe("units", () => {
  it("are a service and a timer per job", () => {
    const cleanup = timed("token-cleanup", {
      title: "Delete expired tokens",
      timeout: 1_800_000,
      retry: { maxRetries: 3, backoff: "exponential", initialDelay: 300_000, maxDelay: 1_800_000, multiplier: 2, jitter: 0, never: [] },
    });
    expect(unitFiles(source([cleanup]), target())).toEqual([
      {
        name: "jobctl-token-cleanup.service",
        text: `[Unit]
Description=Delete expired tokens
X-Jobctl-Manifest=/etc/jobctl/jobctl.yaml

[Service]
Type=oneshot
ExecStart=/usr/bin/node /usr/bin/jobctl run --trigger timer --manifest /etc/jobctl/jobctl.yaml --state-dir /var/lib/jobctl/jobctl token-cleanup
Environment=JOBCTL_ENV=production
SuccessExitStatus=75 SIGHUP SIGINT SIGTERM
TimeoutStartSec=9400s
TimeoutStopSec=55s
KillMode=mixed
SyslogIdentifier=jobctl-token-cleanup
SyslogLevelPrefix=yes
OOMPolicy=continue
KeyringMode=private
LockPersonality=yes
ProtectHostname=yes
RestrictRealtime=yes
`,
      },
      {
        name: "jobctl-token-cleanup.timer",
        text: `[Unit]
Description=Delete expired tokens, at 03:00 every day (UTC)
X-Jobctl-Manifest=/etc/jobctl/jobctl.yaml

[Timer]
OnCalendar=*-*-* 03:00:00 UTC
AccuracySec=1s
Persistent=yes

[Install]
WantedBy=timers.target
`,
      },
    ]);
  });

  it("are made for jobs that are enabled, scheduled and allowed only", () => {
    const jobs = [
      timed("a"),
      timed("b", { enabled: false }),
      timed("c", { security: { permissions: [], requiresAuthentication: false, allowedEnvironments: ["staging"] } }),
    ];
    const { schedule: _, ...byHand } = timed("d");
    expect(unitFiles(source([...jobs, byHand]), target()).map(({ name }) => name)).toEqual(["jobctl-a.service", "jobctl-a.timer"]);
  });

  it.each([
    ["jitter", timed("a", { schedule: at("0 3 * * *", { jitter: 300_000 }) }), ["RandomizedDelaySec=300s", "FixedRandomDelay=yes"]],
    ["no catch-up", timed("a", { schedule: at("0 3 * * *", { catchUp: "none" }) }), ["Persistent=no"]],
    ["two lines", timed("a", { schedule: at("0 0 13 * 5") }), ["OnCalendar=*-*-13 00:00:00 UTC", "OnCalendar=Fri *-*-* 00:00:00 UTC"]],
    ["an interval", timed("a", { schedule: at("every 15m") }), ["OnCalendar=*-*-* *:00,15,30,45:00 UTC"]],
    [
      "one time",
      timed("a", { schedule: at("at 2026-12-01T03:00", { timezone: "Europe/Berlin" }) }),
      ["OnCalendar=2026-12-01 02:00:00 UTC"],
    ],
  ])("say %s in the timer", (_, job, lines) => {
    expect(linesOf(job, {}, "jobctl-a.timer")).toEqual(expect.arrayContaining(lines));
  });

  it.each([
    ["no timeout", timed("a"), {}, "TimeoutStartSec=infinity"],
    ["leftovers that stay", timed("a", { leftovers: "keep" }), {}, "KillMode=process"],
    ["the time to end", timed("a", { killAfter: 1500 }), {}, "TimeoutStopSec=46500ms"],
    ["memory, with jobctl's own", timed("a", { resources: { maxMemory: 512 * 1024 ** 2 } }), {}, `MemoryMax=${576 * 1024 ** 2}`],
    [
      "memory for the organizations that are at work at once",
      timed("a", { scope: "organization", resources: { maxMemory: 100 * 1024 ** 2, concurrencyLimit: 3 } }),
      {},
      `MemoryMax=${364 * 1024 ** 2}`,
    ],
    ["credentials", timed("a", { secrets: { TOKEN: "credential:api-token" } }), {}, "LoadCredential=api-token"],
    ["a unit for failures", timed("a", { onFailureUnit: "failed@%n.service" }), {}, "OnFailure=failed@%n.service"],
    ["another owner", timed("a"), { user: "deploy" }, "User=deploy"],
    ["runs of every second", timed("a", { schedule: at("every 1s") }), {}, "StartLimitIntervalSec=0"],
    ["runs two seconds apart", timed("a", { schedule: at("10,12 * * * * *") }), {}, "StartLimitIntervalSec=0"],
  ])("say %s in the service", (_, job, fields, line) => {
    expect(linesOf(job, fields)).toContain(line);
  });

  it.each([
    ["runs a minute apart", timed("a", { schedule: at("* * * * *") }), "StartLimitIntervalSec=0"],
    ["a user's own timers", timed("a"), "User="],
  ])("say nothing for %s", (_, job, line) => {
    expect(linesOf(job, { scope: "user", user: "deploy" }).join("\n")).not.toContain(line);
  });

  it("of a job that may overlap start an instance of their own for each run", () => {
    const files = unitFiles(source([timed("a", { overlap: "allow" })]), target());
    expect(files.map(({ name }) => name)).toEqual(["jobctl-a.service", "jobctl-a@.service", "jobctl-a.timer"]);
    expect(textOf(files, "jobctl-a.service")).toContain(
      "ExecStart=/usr/bin/systemctl --no-block start jobctl-a@${INVOCATION_ID}.service\n",
    );
    expect(textOf(files, "jobctl-a@.service")).toContain("Environment=TRIGGER_UNIT=jobctl-a.timer\n");
    expect(linesOf(timed("a", { overlap: "allow", schedule: at("every 1s") }))).toContain("StartLimitIntervalSec=0");
  });

  it("leave a root's job its network, home and privileges unless it gives its network up", () => {
    const lines = linesOf(timed("a"));
    for (const key of ["PrivateNetwork", "ProtectHome", "NoNewPrivileges", "PrivateTmp", "ProtectSystem"])
      expect(lines.join("\n")).not.toContain(key);
    expect(linesOf(timed("a", { hardening: "off" }))).not.toContain("LockPersonality=yes");
    expect(linesOf(timed("a"), { user: "deploy" })).not.toContain("LockPersonality=yes");
    expect(linesOf(timed("a", { network: false, hardening: "off" }))).toContain("PrivateNetwork=yes");
  });

  it("let a confined job write what it names, and read homes only where it needs one", () => {
    const lines = linesOf(timed("a", { network: false, paths: ["/srv/my data", "/home/app/out"], cwd: "/srv" }));
    expect(lines).toContain('ReadWritePaths=-/var/lib/jobctl/jobctl "-/srv/my data" -/home/app/out');
    expect(lines).toContain("ProtectHome=read-only");
    expect(linesOf(timed("a", { network: false, cwd: "/srv" }))).toContain("ProtectHome=yes");
    expect(linesOf(timed("a", { network: false, cwd: "/srv" }))).toContain("PrivateTmp=yes");
    expect(linesOf(timed("a", { network: false, paths: ["/tmp/exchange"] }))).not.toContain("PrivateTmp=yes");
  });

  const SECURITY = { permissions: [], requiresAuthentication: false };
  const VARIED = [
    timed("plain", { title: 'Ends "100%" \\' }),
    timed("seconds", { schedule: at("*/20 30 4 1,15 * 5") }),
    timed("interval", { schedule: at("every 90s", { jitter: 1000 }) }),
    timed("once", { schedule: at("at 2030-12-01T03:00") }),
    timed("berlin", { schedule: at("30 2 L * *", { timezone: "Europe/Berlin" }) }),
    timed("dublin", { schedule: at("0 1-23 * * 5#3", { timezone: "Europe/Dublin" }) }),
    timed("confined", { network: false, paths: ["/srv/with blank", "/srv/100%"] }),
    timed("confined-as", { network: false, security: { ...SECURITY, runAs: "nobody" } }),
    timed("cut-off", { network: false, hardening: "off" }),
    timed("limited", { resources: { maxMemory: 1e9 }, secrets: { A: "credential:a" }, timeout: 60_000 }),
    timed("overlapping", { overlap: "allow", network: false }),
  ];
  const real = target({ node: process.execPath, program: JOBCTL, systemctl: "/bin/true" });

  it("pass systemd-analyze verify without a word", () => {
    const paths = written(unitFiles(source(VARIED), real)).filter((path) => !path.includes("@"));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", ...paths], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("of jobs without network have an exposure of 2.0 or lower", () => {
    const jobs = VARIED.filter(({ network, hardening }) => !network && hardening !== "off");
    const services = written(unitFiles(source(jobs), real)).filter((path) => /confined|@/.test(path) && path.endsWith(".service"));
    expect(services).toHaveLength(3);
    for (const path of services) {
      const offline = ["security", "--offline=true", "--no-pager", path];
      const exposure = /exposure level for \S+: ([\d.]+)/.exec(execFileSync("systemd-analyze", offline, { encoding: "utf8" }))?.[1];
      expect(Number(exposure)).toBeLessThanOrEqual(2);
    }
  });

  it("are the same bytes each time, and 5,000 jobs' take less than a second of CPU time", () => {
    const texts = ["0 3 * * *", "*/15 9-17 * * MON-FRI", "H H * * *", "every 90m", "30 2 L * *"];
    const zones = ["UTC", "Europe/Berlin", "America/New_York"];
    const jobs = Array.from({ length: 5000 }, (_, index) =>
      timed(`job-${index}`, {
        schedule: at(texts[index % texts.length] ?? "", { timezone: zones[index % zones.length] ?? "UTC" }),
        network: index % 2 === 0,
      }),
    );
    const first = unitFiles(source(jobs), target());
    const before = process.cpuUsage();
    const second = unitFiles(source(jobs), target());
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
    expect(first).toHaveLength(10_000);
    expect(second).toEqual(first);
  });
});
