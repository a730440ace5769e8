import { realpathSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type Host, isRoot, startHost } from "../helpers/hosts.ts";
import { JOBCTL, ROOT } from "../helpers/world.ts";

const hosts: Host[] = [];
afterEach(() => {
  for (const started of hosts.splice(0)) started.stop();
});

async function host(kind: "systemd-host" | "cron-host"): Promise<Host> {
  const shared = new Set([ROOT, realpathSync(`${ROOT}/node_modules`)]);
  const started = await startHost(
    kind,
    [...shared].flatMap((folder) => ["--share", folder]),
  );
  hosts.push(started);
  return started;
}

const place = (on: Host, path: string, text: string): string =>
  on.exec(["sh", "-c", 'mkdir -p "$(dirname "$0")" && cat > "$0"', path], text);
const imported = (on: Host, ...args: string[]) => JSON.parse(on.exec([process.execPath, JOBCTL, "import", ...args, "--json"]));

describe.runIf(isRoot)("on real hosts", () => {
  it("imports what systemd has loaded: drop-ins, instances and what is enabled", async () => {
    const systemd = await host("systemd-host");
    const units = "/etc/systemd/system";
    place(systemd, `${units}/dump@.service`, "[Service]\nType=oneshot\nExecStart=/bin/echo %i\n");
    place(systemd, `${units}/dump@.timer`, "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n");
    place(systemd, `${units}/dump@db.timer.d/when.conf`, "[Timer]\nOnCalendar=\nOnCalendar=Mon..Fri 04:30\nPersistent=yes\n");
    place(systemd, `${units}/idle.timer`, "[Timer]\nOnCalendar=hourly\n[Install]\nWantedBy=timers.target\n");
    place(systemd, `${units}/idle.service`, "[Service]\nExecStart=/bin/true\n");
    systemd.exec(["systemctl", "daemon-reload"]);
    systemd.exec(["systemctl", "enable", "--now", "dump@db.timer"]);
    const { jobs } = imported(systemd, "systemd", "dump@db.timer", "idle");
    expect(jobs).toMatchObject([
      { name: "dump-db", entry: { command: ["/bin/echo", "db"], schedule: { expression: "30 4 * * 1-5" } }, problems: [] },
      { name: "idle", entry: { command: ["/bin/true"], enabled: false, schedule: { expression: "0 * * * *", catchUp: "none" } } },
    ]);
    const own = imported(systemd, "systemd"); // the host's own timers are masked
    expect(own.jobs.map(({ name }: { name: string }) => name)).toEqual(["dump-db", "idle"]);
  });

  it("imports the caller's crontab, and finds none where there is none", async () => {
    const cron = await host("cron-host");
    expect(cron.exec([process.execPath, JOBCTL, "import", "crontab"])).toBe("");
    cron.exec(["crontab", "-"], "0 3 * * * echo 100\\% %in%put\n");
    expect(imported(cron, "crontab").jobs).toMatchObject([
      { entry: { shell: "{ echo 100%\n} <<'INPUT'\nin\nput\nINPUT\n", cwd: "/root", schedule: { expression: "0 3 * * *" } } },
    ]);
  });
});
