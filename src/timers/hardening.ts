import type { Job } from "../job.ts";
import type { TimerSource, TimerTarget } from "./target.ts";
import { unitWord } from "./system-unit-quote.ts";

/** What few jobs notice. Nothing here changes the network, a home folder or NoNewPrivileges= of a root's service. */
const BASE = ["KeyringMode=private", "LockPersonality=yes", "ProtectHostname=yes", "RestrictRealtime=yes"];

/**
 * Everything that Node and jobctl survive (systemd.exec(5)): not MemoryDenyWriteExecute=, which ends Node (its compiler), nor
 * ProtectProc= and ProcSubset=, which hide the lock table and the boot id; and refused system calls must be an error, not the end.
 */
const FULL = [
  "CapabilityBoundingSet=",
  "DevicePolicy=closed",
  "IPAddressDeny=any",
  "KeyringMode=private",
  "LockPersonality=yes",
  "NoNewPrivileges=yes",
  "PrivateDevices=yes",
  "PrivateIPC=yes",
  "PrivateNetwork=yes",
  "PrivateTmp=yes",
  "PrivateUsers=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectSystem=strict",
  "RestrictAddressFamilies=none",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "SystemCallErrorNumber=EPERM",
  "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged @resources",
  "UMask=0077",
];

/** With `runAs` jobctl, as root, becomes that user before the job starts, and watches and signals it. */
const FOR_RUN_AS: Readonly<Record<string, string[]>> = {
  "CapabilityBoundingSet=": ["CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL CAP_SYS_PTRACE"],
  "PrivateUsers=yes": [],
  "SystemCallFilter=~@privileged @resources": ["SystemCallFilter=~@privileged @resources", "SystemCallFilter=@setuid capset"],
};

const HOMES = ["/home", "/root", "/run/user"];
const TEMPORARY = ["/tmp", "/var/tmp"];

/** The hardening lines of a job's service. */
export function hardeningLines(job: Job, source: TimerSource, target: TimerTarget): string[] {
  if (job.network) return job.hardening === "off" ? [] : baseLines(target);
  if (job.hardening === "off") return ["IPAddressDeny=any", "PrivateNetwork=yes"];
  const runsAs = job.security.runAs !== undefined && job.security.runAs !== target.user;
  const needed = neededPaths(job, source, target);
  // Homes are empty for the job, or only readable where something that it needs lies in one; likewise its own /tmp.
  const home = liesIn(needed, HOMES) ? "read-only" : "yes";
  const lines = FULL.filter((line) => line !== "PrivateTmp=yes" || !liesIn(needed, TEMPORARY));
  return [
    ...(runsAs ? lines.flatMap((line) => FOR_RUN_AS[line] ?? [line]) : lines),
    `ProtectHome=${home}`,
    `ReadWritePaths=${writablePaths(job, target)}`,
  ];
}

/** Without CAP_SYS_ADMIN the others would switch NoNewPrivileges= on, and sudo in a job off (systemd.exec(5)). */
function baseLines({ user, scope }: TimerTarget): string[] {
  return scope === "system" && user === "root" ? BASE : ["KeyringMode=private"];
}

function neededPaths({ cwd, paths }: Job, { manifestPath }: TimerSource, { node, program, stateDir }: TimerTarget): string[] {
  return [node, program, stateDir, manifestPath, ...(cwd === undefined ? [] : [cwd]), ...paths];
}

function liesIn(paths: readonly string[], folders: readonly string[]): boolean {
  return paths.some((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
}

/** A `-` lets a folder that is missing pass; without it the service would not start at all (226). */
function writablePaths({ paths }: Job, { stateDir }: TimerTarget): string {
  return [stateDir, ...paths].map((path) => unitWord(`-${path}`)).join(" ");
}
