import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { readSmallFile } from "./small-file.ts";

/** A process told apart from a later one of the same number: proc(5) field 22, the start in clock ticks since boot. */
export interface ProcessId {
  pid: number;
  start: number;
}

/** Linux counts process times in hundredths of a second whatever the kernel's own tick is (proc(5), USER_HZ). */
export const TICK_MS = 10;

/** What /proc/PID/stat says; times in clock ticks. */
export interface ProcessStat extends ProcessId {
  state: string;
  parent: number;
  group: number;
  /** User and system time of the process and of its children that have been waited for. */
  cpuTicks: number;
  /** User and system time of children that were waited for, and of theirs. */
  childrenTicks: number;
}

/** Files that the job makes are its user's and group's alone to change, and no stranger's to read. */
export function setJobUmask(): void {
  process.umask(0o027);
}

/** The calling process: when it started, and what the children that it has waited for used. */
export function ownProcess(): ProcessId & Pick<ProcessStat, "childrenTicks"> {
  return processStat(process.pid) ?? { pid: process.pid, start: 0, childrenTicks: 0 };
}

/** Milliseconds of CPU time that this process has used: on a loaded machine it tells what something cost, the time that passed does not. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Undefined when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = statText(pid);
  return text === undefined ? undefined : parseStat(pid, text);
}

const statText = (pid: number): string | undefined => whileThere(() => readSmallFile(`/proc/${pid}/stat`));

/** The second field is the command's name in parentheses and may hold anything, parentheses and blanks too. */
const afterName = (text: string): number => text.lastIndexOf(")") + 2;

function parseStat(pid: number, text: string): ProcessStat {
  const field = text.slice(afterName(text)).split(" ");
  const number = (proc5: number): number => Number(field[proc5 - 3]);
  return {
    pid,
    state: field[0] ?? "",
    parent: number(4),
    group: number(5),
    cpuTicks: number(14) + number(15) + number(16) + number(17),
    start: number(22),
    childrenTicks: number(16) + number(17),
  };
}

/** Does this very process still run? A zombie does not. Nothing is made of the other fields: a run asks for each that began with it. */
export function isRunning({ pid, start }: ProcessId): boolean {
  const text = statText(pid);
  if (text === undefined) return false;
  const state = afterName(text);
  let field = state;
  for (let proc5 = 3; proc5 < 22; proc5++) field = text.indexOf(" ", field) + 1;
  return text[state] !== "Z" && text.startsWith(`${start} `, field);
}

/** Every process of the group that still runs. */
export function groupMembers(group: number): ProcessStat[] {
  if (!groupExists(group)) return [];
  const number = ` ${group} `;
  return allPids().flatMap((pid) => {
    const text = statText(pid);
    // Most are others': they are not worth being taken apart, once a second for each run.
    if (!text?.includes(number)) return [];
    const stat = parseStat(pid, text);
    return stat.group === group && stat.state !== "Z" ? [stat] : [];
  });
}

/** Its children, theirs and so on, that still run. */
export function descendants(ancestor: number): ProcessStat[] {
  const all = allPids().flatMap((pid) => processStat(pid) ?? []);
  const found = new Set([ancestor]);
  for (let before = 0; found.size > before;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid, state }) => pid !== ancestor && found.has(pid) && state !== "Z");
}

/** Processes whose environment holds this text, as `NAME=value`: those of the same user (root: of all) that started at `since` or later. */
export function markedProcesses(mark: string, since: ProcessId, runtimeMs: number): ProcessStat[] {
  return pidsSince(since.pid, runtimeMs)
    .filter((pid) => pid !== process.pid && hasMark(pid, mark))
    .map(processStat)
    .filter((stat) => stat !== undefined && stat.state !== "Z" && stat.start >= since.start) as ProcessStat[];
}

/** Sends a signal to a group; false when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  return sendSignal(-group, signal);
}

/** Sends a signal to a process if it is still the same one; false when it is gone. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): boolean {
  return isRunning(id) && sendSignal(id.pid, signal);
}

/** Ends this process by the signal itself, so that a shell sees 128 + n and systemd a clean stop. */
export function endBySignal(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

const groupExists = (group: number): boolean => processExists(-group);

/** Is there any process of this number, be it a zombie? For a negative one: of this group. */
export function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function allPids(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** After a short run: was no process made on this machine since `pid` was? Then it has no descendants. */
export function isNewest(pid: number, runtimeMs: number): boolean {
  return runtimeMs <= SHORT_MS && lastPidGiven() === pid;
}

const SHORT_MS = 1000;

/**
 * Pids are given in rising order, so that after a short run only the ones between the child's and the last one given (it
 * is in /proc/loadavg) can be its descendants, unless the numbers have wrapped: the last one is then below. A longer run
 * looks at all.
 */
function pidsSince(first: number, runtimeMs: number): number[] {
  const last = lastPidGiven();
  if (runtimeMs > SHORT_MS || !(last >= first)) return allPids();
  const pids = allPids();
  const lastNow = lastPidGiven();
  return pids.filter((pid) => pid > first && (pid <= lastNow || lastNow < last));
}

function lastPidGiven(): number {
  return Number(readSmallFile("/proc/loadavg").split(" ")[4]);
}

function hasMark(pid: number, mark: string): boolean {
  const environment = whileThere(() => readFileSync(`/proc/${pid}/environ`, "latin1"));
  return environment !== undefined && `\0${environment}`.includes(`\0${mark}\0`);
}

/** A process may end while its files are read. */
function whileThere(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Nanoseconds since boot, the same clock for all processes (clock_gettime(2), CLOCK_MONOTONIC): steps of the date do not move it. */
export const monotonicNs = (): bigint => process.hrtime.bigint();

/** A key for a run that starts at this instant (milliseconds): no two are the same, and they sort by their start. */
export const newRunKey = (startedAt: number): string => `${startedAt.toString(36)}-${randomHex16()}`;

/** 16 hex digits from the kernel; node:crypto would cost several milliseconds of every start. */
export function randomHex16(): string {
  const fd = openSync("/dev/urandom", "r");
  const bytes = Buffer.alloc(8);
  readSync(fd, bytes);
  closeSync(fd);
  return bytes.toString("hex");
}
