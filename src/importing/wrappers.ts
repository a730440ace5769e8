import { basename } from "node:path";

/** A wrapper at the front of an argument list: what it says, and how many words it is. */
export interface Wrapper {
  words: number;
  /** Fields of the manifest that say the same; undefined where only the wrapper itself can. */
  fields?: { overlap?: "skip" | "wait"; waitTimeout?: string; timeout?: string; killAfter?: string };
  lockFile?: string;
  /** The rest is one word of shell text (`flock FILE -c TEXT`). */
  script?: true;
  notes: string[];
}

/** Recognises `flock` and `timeout` by the words of a simple command; undefined for anything else. */
export function readWrapper(words: readonly string[]): Wrapper | undefined {
  const program = basename(words[0] ?? "");
  if (program === "flock") return readFlock(words);
  return program === "timeout" ? readTimeout(words) : undefined;
}

/** flock(1) of util-linux. What locks a descriptor, shares or unlocks is left as it is. */
function readFlock(words: readonly string[]): Wrapper | undefined {
  let [at, wait, waitTimeout] = [1, true, undefined as string | undefined];
  for (; at < words.length && words[at]?.startsWith("-"); at += 1) {
    const word = words[at] as string;
    const [, letters = ""] = /^-([nxeoF]+)$/.exec(word) ?? [];
    if (letters !== "" || FLOCK_FLAGS.has(word)) wait &&= !(letters.includes("n") || word.startsWith("--non"));
    else {
      const option = flockOption(word, words[at + 1]);
      if (option === undefined) return undefined;
      if (option.seconds !== undefined) waitTimeout = option.seconds;
      at += option.words - 1;
    }
  }
  const lockFile = words[at];
  if (lockFile === undefined || /^\d+$/.test(lockFile) || words.length < at + 2) return undefined;
  const isScript = words[at + 1] === "-c" || words[at + 1] === "--command";
  if (isScript && words.length !== at + 3) return undefined;
  return {
    words: isScript ? at + 2 : at + 1,
    fields: wait && waitTimeout !== "0" ? { overlap: "wait", ...(waitTimeout && { waitTimeout: `${waitTimeout}s` }) } : { overlap: "skip" },
    lockFile,
    ...(isScript && { script: true }),
    notes: [
      `flock on ${lockFile} became jobctl's own lock (overlap); a start that is refused is recorded as skipped. Keep flock if other programs take that file too`,
    ],
  };
}

const FLOCK_FLAGS = new Set(["--nonblock", "--nb", "--exclusive", "--close", "--no-fork", "--verbose"]);

function flockOption(word: string, next: string | undefined): { words: number; seconds?: string } | undefined {
  const [, name, joined] = /^(-w|-E|--wait|--timeout|--conflict-exit-code)(?:=?(\d+(?:\.\d+)?))?$/.exec(word) ?? [];
  if (name === undefined) return undefined;
  const value = joined ?? next ?? "";
  if (!/^\d+(\.\d+)?$/.test(value)) return undefined;
  const used = joined === undefined ? 2 : 1;
  return /^(-E|--conflict)/.test(name) ? { words: used } : { words: used, seconds: value };
}

/** timeout(1) of coreutils. Another signal than TERM and KILL can't be said in a manifest, so it stays as it is. */
function readTimeout(words: readonly string[]): Wrapper | undefined {
  let [at, killAfter, kills] = [1, undefined as string | undefined, false];
  for (; at < words.length && words[at]?.startsWith("-"); at += 1) {
    const word = words[at] as string;
    if (TIMEOUT_FLAGS.has(word)) continue;
    const [, name, joined] = /^(-k|-s|--kill-after|--signal)(?:=?(.+))?$/.exec(word) ?? [];
    const value = joined ?? words[at + 1];
    if (name === undefined || value === undefined) return undefined;
    if (joined === undefined) at += 1;
    if (/k/.test(name.slice(0, 3))) killAfter = value;
    else if (/^(SIG)?KILL$|^9$/i.test(value)) kills = true;
    else if (!/^(SIG)?TERM$|^15$/i.test(value)) return undefined;
  }
  const [timeout, grace] = [duration(words[at]), killAfter === undefined ? undefined : duration(killAfter)];
  if (timeout === undefined || words.length < at + 2 || (killAfter !== undefined && grace === undefined)) return undefined;
  const killed = kills ? "0s" : grace;
  return {
    words: at + 1,
    fields: timeout === "0s" ? {} : { timeout, ...(killed !== undefined && { killAfter: killed }) },
    notes: killed === undefined && timeout !== "0s" ? ["timeout sent TERM only; jobctl sends KILL 10s after it (killAfter)"] : [],
  };
}

const TIMEOUT_FLAGS = new Set(["--foreground", "--preserve-status", "-v", "--verbose", "-p", "-f", "-fv", "-pv"]);

/** `300`, `5m`, `1.5h` of timeout(1), as the manifest writes it. */
function duration(text: string | undefined): string | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d{1,3})?)([smhd]?)$/.exec(text ?? "") ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) === 0 ? "0s" : `${amount}${unit === "" ? "s" : unit}`;
}
