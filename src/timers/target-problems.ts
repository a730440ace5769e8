import type { TargetKind } from "../timer-target.ts";
import { crontabBlock, cronDFile } from "./crontab-block.ts";
import type { TimerSource, TimerTarget } from "./target.ts";

/** Folders that a package manager or a restart empties. */
const PASSING = [/\/_npx\//, /^\/tmp\//, /^\/var\/tmp\//, /^\/dev\/shm\//];
/** The limits of Debian's cron: MAX_COMMAND, MAX_TAB_LINES. */
const CRON_COMMAND_BYTES = 998;
const CRON_LINES = 10_000;

/** Why nothing at all can be installed there, whatever the jobs are: sentences, each a reason to end with 78. */
export function targetProblems(source: TimerSource, target: TimerTarget, kind: TargetKind): string[] {
  const { node, program, stateDir } = target;
  const paths = { Node: node, jobctl: program, manifest: source.manifestPath, "state directory": stateDir };
  const problems = Object.entries(paths).flatMap(([what, path]) => pathProblem(what, path));
  if (problems.length > 0) return problems;
  return [
    ...[node, program].flatMap(passingProblem),
    ...(kind === "systemd" ? systemdProblems(target) : cronProblems(source, target, kind)),
  ];
}

function pathProblem(what: string, path: string): string[] {
  if (!path.startsWith("/")) return [`the path of the ${what}, ${JSON.stringify(path)}, is not absolute`];
  if (/\p{Cc}/u.test(path)) return [`the path of the ${what}, ${JSON.stringify(path)}, has a control character in it: rename it`];
  if (path.endsWith("\\")) return [`the path of the ${what}, ${JSON.stringify(path)}, ends with a backslash: rename it`];
  return [];
}

function passingProblem(path: string): string[] {
  if (!PASSING.some((pattern) => pattern.test(path))) return [];
  return [`${path} is in a folder that does not stay, and timers would outlive it: install jobctl for good (npm install --global jobctl)`];
}

/** The first word of ExecStart= takes no blanks and no quotes before systemd 257, and - @ : + ! have a meaning at its start. */
function systemdProblems({ node, systemctl }: TimerTarget): string[] {
  return [node, systemctl]
    .filter((path) => !/^\/[A-Za-z0-9_/.,:=+-]+$/.test(path))
    .map((path) => `systemd can't start ${JSON.stringify(path)}: its path has signs other than letters, digits and _ / . , : = + -`);
}

function cronProblems(source: TimerSource, target: TimerTarget, kind: "crontab" | "cron.d"): string[] {
  if (kind === "cron.d" && !/^[a-z_][a-z0-9_.-]*\$?$/i.test(target.user))
    return [`${JSON.stringify(target.user)} is no user name for /etc/cron.d`];
  const text = kind === "cron.d" ? cronDFile(source, target).text : crontabBlock(source, target);
  const lines = text.split("\n");
  if (lines.length > CRON_LINES) return [`${lines.length} lines are more than the ${CRON_LINES} that cron reads: use systemd timers`];
  const longest = Math.max(...lines.filter((line) => !line.startsWith("#")).map((line) => Buffer.byteLength(line)));
  if (longest <= CRON_COMMAND_BYTES) return [];
  return [`a line of ${longest} bytes is longer than the ${CRON_COMMAND_BYTES} that cron takes: use shorter paths`];
}
