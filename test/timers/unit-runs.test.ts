import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { startTimerHost, type TimerHost } from "../helpers/timer-host.ts";
import { until } from "../helpers/world.ts";

if (!isRoot) console.warn("left out: runs in a unit of a real systemd, which needs root");

const SPEND = `import time
while time.process_time() < 0.8: pass
open("/run/spent", "w")
time.sleep(60)
`;

const JOBS = `version: 1
prefix: shop
defaults: { schedule: at 2030-01-01T00:00 }
jobs:
  spender:
    shell: setsid python3 spend.py & while [ ! -e /run/spent ]; do sleep 0.05; done
    killAfter: 100ms
  spike: { shell: 'python3 -c "x = bytearray(100 << 20)"; sleep 1.5' }
  small: { shell: "true" }
  part: { shell: 'python3 -c "x = bytearray(400 << 20)"; echo went on; exit 3', resources: { maxMemory: 32MB } }
  survivor: { shell: 'python3 -c "x = bytearray(400 << 20)"; echo went on', resources: { maxMemory: 32MB } }
  crowd:
    resources: { maxMemory: 32MB }
    shell: for i in $(seq 40); do python3 -c 'x = bytearray(6 << 20); import time; time.sleep(3)' & done; wait; exit 4
  again:
    command: [python3, -c, "import os; x = bytearray((400 if os.environ['JOBCTL_ATTEMPT'] == '1' else 1) << 20)"]
    resources: { maxMemory: 32MB }
    retry: { maxRetries: 1, initialDelay: 10ms }
  each:
    scope: organization
    organizations: { command: [printf, 'fat\\nthin\\nfine\\n'] }
    resources: { concurrencyLimit: 3 }
    timeout: 40s
    shell: |
      cat /proc/self/oom_score_adj
      if [ "$JOBCTL_ORGANIZATION" = fat ]; then
        echo $$ > /run/fat; python3 -c "x = bytearray(400 << 20)"; exit $?
      fi
      until [ -s /run/fat ]; do sleep 0.05; done
      while [ -e /proc/$(cat /run/fat) ]; do sleep 0.05; done
      sleep 1
      [ "$JOBCTL_ORGANIZATION" = fine ] || exit 3
  talker: { shell: 'echo out; echo "<2>a job cannot choose"; echo err >&2; echo "$KEY"', secrets: { KEY: file:shop-key } }
  show: { shell: 'env | grep -v -e ^JOBCTL_RUN -e ^JOBCTL_SLOT | sort; id -un; umask; pwd' }
  humble: { shell: 'id -un; id -Gn; umask', security: { runAs: nobody } }
  quiet: { command: [sleep, '4712'] }
  score: { command: [cat, /proc/self/oom_score_adj] }
`;

describe.runIf(isRoot)("a run in a unit of systemd", () => {
  let host: TimerHost;
  beforeAll(async () => {
    host = await startTimerHost("systemd-host");
    host.write("/etc/jobctl/jobctl.yaml", JOBS);
    host.write("/etc/jobctl/spend.py", SPEND);
    host.write("/etc/jobctl/shop-key", "k-5f7d1e90a2");
    expect(host.jobctl("install-timers --no-enable")).toMatchObject({ code: 0, stderr: "" });
  });
  afterAll(() => host?.stop());

  /** Starts the job's service and waits for its end. */
  async function runOf(job: string): Promise<Record<string, unknown>> {
    host.shell(`systemctl start --no-block shop-${job}.service`);
    return until(() => host.runs().find((run) => run["job"] === job && run["status"] !== "running"), `the end of ${job}`, 20_000);
  }

  it("mirrors its output to the journal, each stream with its level, which the job can't change", async () => {
    expect(await runOf("talker")).toMatchObject({ status: "succeeded" });
    const lines = host.exec(["journalctl", "-u", "shop-talker.service", "-o", "json"]).trim().split("\n");
    const entries = lines.map((line) => JSON.parse(line) as { MESSAGE: string; PRIORITY: string; SYSLOG_IDENTIFIER: string });
    const ours = entries.filter((entry) => entry.SYSLOG_IDENTIFIER === "shop-talker");
    expect(ours.map(({ MESSAGE, PRIORITY }) => `${PRIORITY} ${MESSAGE}`).toSorted()).toEqual([
      "3 err",
      "6 ***",
      "6 <2>a job cannot choose",
      "6 out",
    ]);
  });

  it("has the same environment as by hand", async () => {
    await runOf("show");
    const inUnit = host.jobctl("logs show").stdout;
    expect(host.shell("HOME=/tmp LC_ALL=C EDITOR=vi /usr/local/bin/jobctl run show").code).toBe(0);
    expect(host.jobctl("logs show").stdout).toBe(inUnit);
    expect(inUnit).toMatch(/\nroot\n0027\n\/etc\/jobctl\n$/);
  });

  it("becomes another user", async () => {
    expect(await runOf("humble")).toMatchObject({ status: "succeeded" });
    expect(host.jobctl("logs humble").stdout).toMatch(/^nobody\nnogroup\n0027\n$/m);
  });

  it("ends cancelled, and its unit cleanly, where systemctl stops it", async () => {
    host.shell("systemctl start --no-block shop-quiet.service");
    await until(() => host.shell("pgrep -fx 'sleep 4712'").code === 0, "the job");
    host.exec(["systemctl", "stop", "shop-quiet.service"]);
    expect(host.runs().find(({ job }) => job === "quiet")).toMatchObject({ status: "cancelled", signal: "SIGTERM" });
    expect(host.shell("systemctl show --value --property=Result,ActiveState shop-quiet.service").stdout).toBe("success\ninactive\n");
  });

  it("is recorded with the CPU time of all that its control group held, also of what was ended and not waited for", async () => {
    const run = await runOf("spender");
    expect(run).toMatchObject({ status: "succeeded" });
    expect(run["cpuMs"]).toBeGreaterThan(780);
    expect(run["cpuMs"]).toBeLessThan(3000);
  });

  it("is recorded with the peak memory of its control group, also of a process that was gone before anybody looked", async () => {
    const { peakMemory } = await runOf("spike");
    expect(peakMemory).toBeGreaterThan(100 * 2 ** 20);
    expect(peakMemory).toBeLessThan(200 * 2 ** 20);
    expect(host.jobctl("show spike").stdout).toMatch(/^memory +1\d\d(\.\d)?MB at most/m);
  });

  it("is not charged with what jobctl itself uses", async () => {
    const { cpuMs, peakMemory } = await runOf("small");
    expect(cpuMs).toBeLessThan(100);
    expect(peakMemory).toBeLessThan(20 * 2 ** 20);
  });

  it("fails by resource where the kernel stopped a part of it at MemoryMax= and it failed for that", async () => {
    expect(await runOf("part")).toMatchObject({
      status: "failed",
      reason: "resource",
      exitCode: 3,
      error: "maxMemory: the kernel killed a process of the run for want of memory, 96MB allowed to its unit",
    });
    expect(host.jobctl("logs part").stdout).toContain("went on");
  });

  it("has succeeded where it went on without the part that the kernel stopped", async () => {
    expect(await runOf("survivor")).toMatchObject({ status: "succeeded", exitCode: 0 });
  });

  it("loses its own processes to a lack of memory, never its supervisor, though that is larger than each", async () => {
    expect(await runOf("crowd")).toMatchObject({ status: "failed", reason: "resource" });
    expect((await runOf("score"))["status"]).toBe("succeeded");
    expect(host.jobctl("logs score").stdout).toBe("100\n");
  });

  it("fails for want of memory only for the organization whose process the kernel stopped, each being offered before the supervisor", async () => {
    host.write("/etc/systemd/system/shop-each.service.d/memory.conf", "[Service]\nMemoryMax=128M\n");
    host.exec(["systemctl", "daemon-reload"]);
    const { id, status, reason, peakMemory } = await runOf("each");
    expect([status, reason]).toEqual(["failed", "organizations"]);
    expect(peakMemory).toBeGreaterThan(60 * 2 ** 20);
    const { parts } = JSON.parse(host.jobctl(`show ${String(id)} --json`).stdout) as { parts: { id: number }[] };
    const whole = parts.map((part) => JSON.parse(host.jobctl(`show ${part.id} --json`).stdout) as Record<string, unknown>);
    const of = (organization: string): Record<string, unknown> | undefined => whole.find((part) => part["organization"] === organization);
    expect(of("fat")).toMatchObject({
      reason: "resource",
      exitCode: 137,
      error: "maxMemory: the kernel killed a process of the run for want of memory, 128MB allowed to its unit",
    });
    expect(of("thin")).toMatchObject({ reason: "exit-code", exitCode: 3 });
    expect(of("fine")).toMatchObject({ status: "succeeded", cpuMs: expect.any(Number) });
    expect(Number(of("fine")?.["outputTail"])).toBeGreaterThanOrEqual(100);
  });

  it("is tried again after a lack of memory", async () => {
    const { id } = await runOf("again");
    const { status, attemptList } = JSON.parse(host.jobctl(`show ${String(id)} --json`).stdout);
    expect(status).toBe("succeeded");
    expect(attemptList).toMatchObject([{ reason: "resource", signal: "SIGKILL" }, { status: "succeeded" }]);
  });
});
