import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Job } from "../../src/job.ts";
import { unitFiles } from "../../src/timers/unit-files.ts";
import type { TimerTarget } from "../../src/timers/target.ts";
import { type Host, isRoot, startHost } from "../helpers/hosts.ts";
import { JOBCTL, ROOT, until } from "../helpers/world.ts";
import { at, source, target, timed } from "./source.ts";

const hosts: Host[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A private systemd that sees this program and a folder, with the units of these jobs loaded and their timers started. */
async function hostWith(jobs: readonly Job[], { to, files = {} }: { to: Partial<TimerTarget>; files?: Record<string, string> }) {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-units-"));
  folders.push(folder);
  const host = await startHost("systemd-host", ["--share", folder, "--share", ROOT]);
  hosts.push(host);
  const place = (path: string, text: string): string => host.exec(["sh", "-c", 'mkdir -p "$(dirname "$0")" && cat > "$0"', path], text);
  for (const [path, text] of Object.entries(files)) place(path, text.replaceAll("FOLDER", folder));
  const units = unitFiles(source(jobs, { prefix: "test" }), target({ node: process.execPath, program: JOBCTL, ...to }));
  for (const { name, text } of units) place(`/etc/systemd/system/${name}`, text);
  host.exec(["systemctl", "daemon-reload"]);
  host.exec(["systemctl", "start", ...units.flatMap(({ name }) => (name.endsWith(".timer") ? [name] : []))]);
  return { host, folder };
}

const MANIFEST = `
version: 1
jobs:
  confined:
    schedule: every 2s
    shell: |
      tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' > /srv/out/devices
      echo x > /etc/forbidden || echo refused > /srv/out/etc
  as-nobody:
    schedule: every 2s
    shell: id -un
    security: { runAs: nobody }
  module:
    schedule: every 2s
    uses: ./job.mjs
`;
const MODULE = `
import { writeFileSync } from "node:fs";
export default { description: "writes a file", run: async () => { writeFileSync("/srv/out/module", "ran"); return { ran: true }; } };
`;

describe.runIf(isRoot)("units on a real systemd", () => {
  it("run jobctl and its jobs in the full confinement, without network and with nothing else to write", async () => {
    const confined = { schedule: at("every 2s"), network: false, paths: ["/srv/out"] };
    const security = { permissions: [], requiresAuthentication: false, runAs: "nobody" };
    const { host } = await hostWith(
      [timed("confined", confined), timed("module", confined), timed("as-nobody", { ...confined, security })],
      {
        to: { stateDir: "/var/lib/jobctl/test" },
        files: { "/etc/jobctl/jobctl.yaml": MANIFEST, "/etc/jobctl/job.mjs": MODULE, "/srv/out/here": "", "/var/lib/jobctl/test/here": "" },
      },
    );
    const place = ["--manifest", "/etc/jobctl/jobctl.yaml", "--state-dir", "/var/lib/jobctl/test"];
    const jobctl = (...args: string[]): string => host.exec([process.execPath, JOBCTL, ...place, ...args]);
    const history = (): Record<string, unknown>[] => JSON.parse(jobctl("history", "--json"));
    await until(
      () => ["confined", "module", "as-nobody"].every((job) => history().some((run) => run.job === job && run.status !== "running")),
      "all runs",
      60_000,
    );
    for (const run of history().filter(({ status }) => status !== "running")) {
      expect(run).toMatchObject({ status: "succeeded", trigger: "timer" });
    }
    expect(host.exec(["cat", "/srv/out/devices", "/srv/out/etc", "/srv/out/module"])).toBe("lo\nrefused\nran");
    expect(jobctl("logs", "as-nobody")).toBe("nobody\n");
  }, 120_000);

  it("start runs of one job that overlap", async () => {
    const record = 'echo "$TRIGGER_UNIT $*" >> FOLDER/calls; sleep 600; echo ended >> FOLDER/calls\n';
    const { host, folder } = await hostWith([timed("often", { overlap: "allow", schedule: at("every 2s") })], {
      to: { node: "/bin/sh", program: "/srv/record", stateDir: "/var/lib/x" },
      files: { "/srv/record": record },
    });
    writeFileSync(join(folder, "calls"), "");
    const calls = await until(
      () => {
        const lines = readFileSync(join(folder, "calls"), "utf8").split("\n");
        return lines.filter((line) => line.startsWith("test-often.timer")).length >= 2 && lines;
      },
      "two runs",
      30_000,
    );
    expect(calls.slice(0, 2)).toEqual(
      Array.from(
        { length: 2 },
        () => "test-often.timer run --trigger timer --manifest /etc/jobctl/jobctl.yaml --state-dir /var/lib/x often",
      ),
    );
    expect(host.exec(["systemctl", "list-units", "--no-legend", "--plain", "test-often@*"]).trim().split("\n").length).toBeGreaterThan(1);
  }, 60_000);
});
