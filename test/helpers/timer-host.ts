import { realpathSync } from "node:fs";
import { join } from "node:path";
import { type Host, startHost } from "./hosts.ts";
import { ROOT } from "./world.ts";

export interface TimerHost extends Host {
  /** Runs the program that is installed there; gives its exit code and what it printed. */
  jobctl(args: string): { code: number; stdout: string; stderr: string };
  /** A shell's text; gives its exit code and what it printed. */
  shell(script: string): { code: number; stdout: string; stderr: string };
  write(path: string, text: string): void;
  runs(): Record<string, unknown>[];
}

/** Folders from which no timers may be installed, since they do not stay; the tests themselves may lie in one. */
const PASSING = /^\/(tmp|var\/tmp|dev\/shm)\//;

/** A private host in which jobctl is installed for good: the built program in /opt, with a command of that name. */
export async function startTimerHost(kind: "systemd-host" | "cron-host", options: readonly string[] = []): Promise<TimerHost> {
  const host = await startHost(kind, ["--share", ROOT, ...options]);
  const node = PASSING.test(process.execPath) ? "/opt/node" : process.execPath;
  const shell = (script: string): { code: number; stdout: string; stderr: string } => {
    const text = host.exec(["sh", "-c", `( ${script}\n) > /run/out 2> /run/err; echo $?; cat /run/out; printf '\\0'; cat /run/err`]);
    const [, code = "", stdout = "", stderr = ""] = /^(\d+)\n([^\0]*)\0([^]*)$/.exec(text) ?? [];
    return { code: Number(code), stdout, stderr };
  };
  host.exec([
    "sh",
    "-ec",
    `mkdir -p /opt/jobctl /etc/jobctl
     cp -r ${ROOT}/bin ${ROOT}/dist ${ROOT}/package.json /opt/jobctl
     ln -s ${realpathSync(join(ROOT, "node_modules"))} /opt/jobctl/node_modules
     ${node === process.execPath ? "" : `cp ${process.execPath} ${node}`}
     printf '#!/bin/sh\\nexec ${node} /opt/jobctl/bin/jobctl.js "$@"\\n' > /usr/local/bin/jobctl
     chmod +x /usr/local/bin/jobctl`,
  ]);
  const jobctl = (args: string): ReturnType<typeof shell> => shell(`/usr/local/bin/jobctl ${args}`);
  return {
    ...host,
    shell,
    jobctl,
    write: (path, text) => void host.exec(["sh", "-c", 'mkdir -p "$(dirname "$0")" && cat > "$0"', path], text),
    runs: () => JSON.parse(jobctl("history --json --limit 1000").stdout) as Record<string, unknown>[],
  };
}

/** Whose timers a test is about: what calls jobctl there, and where its things are. */
export interface TimerOwner {
  host: TimerHost;
  /** What begins a command line of the owner's. */
  as: string;
  manifest: string;
  units: string;
  /** Where its manager keeps when a persistent timer last elapsed. */
  stamps: string;
  /** Where jobctl keeps what it installed last, for the prefix "shop". */
  records: string;
  systemctl: string;
  user: string;
  home: string;
  jobctl(args: string): ReturnType<TimerHost["jobctl"]>;
  write(path: string, text: string): void;
}

export const SCOPES = ["system", "user"] as const;

/** Root with the system's manager, or a user whose own manager runs and who has no XDG_RUNTIME_DIR, as under su and cron. */
export function timerOwner(host: TimerHost, scope: (typeof SCOPES)[number]): TimerOwner {
  const owned = scope === "system" ? ofRoot : ofUser(host);
  return {
    host,
    ...owned,
    jobctl: (args) => host.shell(`cd / && ${owned.as} /usr/local/bin/jobctl ${args}`),
    write: (path, text) =>
      void host.exec([...owned.as.split(" ").filter(Boolean), "sh", "-c", 'mkdir -p "$(dirname "$0")" && cat > "$0"', path], text),
  };
}

type OwnPlaces = Omit<TimerOwner, "host" | "jobctl" | "write">;

const ofRoot: OwnPlaces = {
  as: "",
  user: "root",
  home: "/root",
  manifest: "/etc/jobctl/jobctl.yaml",
  units: "/etc/systemd/system",
  stamps: "/var/lib/systemd/timers",
  records: "/var/lib/jobctl/shop/timers",
  systemctl: "systemctl",
};

function ofUser(host: TimerHost): OwnPlaces {
  host.exec(["useradd", "--create-home", "ada"]);
  const uid = host.shell("id -u ada").stdout.trim();
  host.exec(["systemctl", "start", `user@${uid}.service`]);
  const as = "setpriv --reuid=ada --regid=ada --init-groups env HOME=/home/ada";
  return {
    as,
    user: "ada",
    home: "/home/ada",
    manifest: "/home/ada/.config/jobctl/jobctl.yaml",
    units: "/home/ada/.config/systemd/user",
    stamps: "/home/ada/.local/share/systemd/timers",
    records: "/home/ada/.local/state/jobctl/shop/timers",
    systemctl: `${as} XDG_RUNTIME_DIR=/run/user/${uid} systemctl --user`,
  };
}

/**
 * A change of the timers in that host, killed with -9 after the given step; the steps that it did are its output where it ended
 * by itself.
 */
export function installKilledAfter(
  { host, as }: Pick<TimerOwner, "host" | "as">,
  step: number,
  { target, action = "install", clock = "" }: { target: string; action?: "install" | "uninstall" | "undo"; clock?: string },
): { isKilled: boolean; steps: string[] } {
  const program = join(ROOT, "test/helpers/killed-install.ts");
  const { code, stdout } = host.shell(`cd / && ${as} ${process.execPath} ${program} ${step} ${target} ${action} ${clock}`);
  return { isKilled: code === 137, steps: stdout.trim().split("\n") };
}
