import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { JobctlError, errnoCode } from "../errors.ts";
import type { Job } from "../job.ts";
import type { ON_RESUMES } from "../run.ts";
import { utcTime } from "../utc-time.ts";

/** What is paused: a job, the jobs with a tag, or all; `drain` is the pause of a deploy script, for all. */
export type PauseTarget = { kind: "job"; job: string } | { kind: "tag"; tag: string } | { kind: "all" } | { kind: "drain" };

/** Instants in milliseconds since the epoch. */
export interface Pause {
  target: PauseTarget;
  by: string;
  at: number;
  /** It ends by itself then, and is no pause any more from then on. */
  until: number | null;
  reason: string | null;
  /** What of the slots that came meanwhile: none counts, or the newest stays due. A drain leaves them to `catchUp`. */
  onResume: (typeof ON_RESUMES)[number];
}

/** Pauses are files beside the history, one each: losing the history un-pauses nothing. */
export const pausedFolder = (stateDir: string): string => `${stateDir}/paused`;

/** A job's name begins with a letter or a digit, so `@` tells the others apart. */
export function pauseFile(target: PauseTarget): string {
  if (target.kind === "job") return `${target.job}.json`;
  return target.kind === "tag" ? `@tag-${encodeURIComponent(target.tag)}.json` : `@${target.kind}.json`;
}

function targetOf(file: string): PauseTarget | undefined {
  const [, name = ""] = /^([^.]+.*)\.json$/.exec(file) ?? [];
  if (name === "@all" || name === "@drain") return { kind: name === "@all" ? "all" : "drain" };
  if (name.startsWith("@tag-")) return { kind: "tag", tag: decodeURIComponent(name.slice(5)) };
  return name === "" ? undefined : { kind: "job", job: name };
}

/** All of them, also those whose time is over. Throws JobctlError("config") where the folder can't be read. */
export function readPauses(stateDir: string): Pause[] {
  const folder = pausedFolder(stateDir);
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder).flatMap((file) => readPause(`${folder}/${file}`, targetOf(file)) ?? []);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new JobctlError("config", `${folder}: what is paused can't be read (${why}); nothing was run`, error);
  }
}

/** A file that says nothing still pauses what its name says: who made it meant to. */
function readPause(path: string, target: PauseTarget | undefined): Pause | undefined {
  if (!target) return undefined;
  try {
    const { by, at, until, reason, onResume } = JSON.parse(readFileSync(path, "utf8"));
    return { target, by: String(by), at: instant(at), until: until === null ? null : instant(until), reason: reason ?? null, onResume };
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    const at = Math.round(statSync(path).mtimeMs);
    return { target, by: "an unknown user", at, until: null, reason: `${path} can't be read`, onResume: "skip" };
  }
}

function instant(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new Error(`${text} is no instant`);
  return value;
}

export const pauseText = ({ by, at, until, reason, onResume }: Pause): string =>
  `${JSON.stringify({ by, at: iso(at), until: until === null ? null : iso(until), reason, onResume }, null, 2)}\n`;

export const isActive = ({ until }: Pause, now: number): boolean => until === null || now < until;

export function concerns({ target }: Pause, { name, tags }: Pick<Job, "name" | "tags">): boolean {
  if (target.kind === "job") return target.job === name;
  return target.kind === "tag" ? tags.includes(target.tag) : true;
}

/** The pause that keeps a job from running; its own before those of many. */
export function pauseOf(job: Pick<Job, "name" | "tags">, pauses: readonly Pause[], now: number): Pause | undefined {
  const found = pauses.filter((pause) => isActive(pause, now) && concerns(pause, job));
  return found.toSorted((a, b) => ORDER.indexOf(a.target.kind) - ORDER.indexOf(b.target.kind))[0];
}

const ORDER = ["job", "tag", "all", "drain"] as const;

/** `paused by amy since 2026-11-22T03:00:00Z until ...: moving the disk`, and with `how` what ends it. */
export function describePause({ target, by, at, until, reason }: Pause, { how = false } = {}): string {
  const end = until === null ? "" : ` until ${iso(until)}`;
  const why = reason === null ? "" : `: ${reason}`;
  return `${pausedWords(target)} by ${by} since ${iso(at)}${end}${why}${how ? ` (${endingCommand(target)} ends it)` : ""}`;
}

function pausedWords(target: PauseTarget): string {
  if (target.kind === "drain") return "drained";
  if (target.kind === "all") return "paused with all jobs";
  return target.kind === "tag" ? `paused with the tag ${target.tag}` : "paused";
}

/** The same as a sentence of its own: `nightly is paused by amy since ... (jobctl resume nightly ends it)`. */
export function pauseSentence(pause: Pause): string {
  const { target } = pause;
  const text = describePause({ ...pause, target: { kind: "job", job: "" } });
  const end = ` (${endingCommand(target)} ends it)`;
  if (target.kind === "job") return `${target.job} is ${text}${end}`;
  if (target.kind === "tag") return `every job with the tag ${target.tag} is ${text}${end}`;
  return target.kind === "all" ? `every job is ${text}${end}` : `every job is ${describePause(pause, { how: true })}`;
}

/** What to type to end a pause. */
export function endingCommand(target: PauseTarget): string {
  if (target.kind === "drain") return "jobctl drain --end";
  if (target.kind === "all") return "jobctl resume --all";
  return target.kind === "tag" ? `jobctl resume --tag ${quoted(target.tag)}` : `jobctl resume ${target.job}`;
}

/** For a shell. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A pause as `--json` prints it: instants in ISO 8601 UTC. */
export interface PauseJson {
  scope: PauseTarget["kind"];
  /** The job's or the tag's name. */
  name: string | null;
  by: string;
  at: string;
  until: string | null;
  reason: string | null;
  onResume: Pause["onResume"];
}

export function pauseJson({ target, by, at, until, reason, onResume }: Pause): PauseJson {
  const name = target.kind === "job" ? target.job : target.kind === "tag" ? target.tag : null;
  return { scope: target.kind, name, by, at: iso(at), until: until === null ? null : iso(until), reason, onResume };
}

/** To the second: who looks at a pause plans in minutes. */
const iso = (at: number): string => utcTime(at).replace(/\.\d{3}Z$/, "Z");
