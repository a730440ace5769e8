import type { Problem } from "../schedule/schedule.ts";

/** A part of a word of ExecStart=: text, or the value of a variable. */
export type WordPart = { text: string } | { variable: string };

/** One word; `split` where it is `$NAME` alone, whose value systemd splits at blanks. */
export interface UnitWord {
  parts: WordPart[];
  split: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
};

/** Splits a value into words with quotes and escapes as in systemd.syntax(7), QUOTING. */
export function unitWords(text: string): string[] | Problem {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\\") {
      const escape = readEscape(text, at + 1);
      word = (word ?? "") + escape.text;
      at = escape.end - 1;
    } else if (quote !== "" && char === quote) quote = "";
    else if (quote === "" && (char === '"' || char === "'")) [quote, word] = [char, word ?? ""];
    else if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") return { problem: `${text}: the quote ${quote} is not closed` };
  return word === undefined ? words : [...words, word];
}

/** Unknown escapes stay as they are, as systemd keeps them. */
function readEscape(text: string, at: number): { text: string; end: number } {
  const [hex, digits] = /^x([0-9a-fA-F]{2})/.exec(text.slice(at)) ?? [];
  if (hex !== undefined) return { text: String.fromCharCode(Number.parseInt(digits ?? "", 16)), end: at + 3 };
  const [octal] = /^[0-7]{3}/.exec(text.slice(at)) ?? [];
  if (octal !== undefined) return { text: String.fromCharCode(Number.parseInt(octal, 8)), end: at + 3 };
  const char = text.charAt(at);
  return { text: ESCAPES[char] ?? `\\${char}`, end: at + 1 };
}

/** `$$` is a dollar; `${NAME}` anywhere in a word and `$NAME` as a whole word are variables (systemd.service(5), COMMAND LINES). */
export function withVariables(word: string): UnitWord {
  const [, alone] = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word) ?? [];
  if (alone !== undefined) return { parts: [{ variable: alone }], split: true };
  const parts: WordPart[] = [];
  let text = "";
  let end = 0;
  for (const { 0: found, 1: variable, index } of word.matchAll(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
    text += word.slice(end, index) + (variable === undefined ? "$" : "");
    end = index + found.length;
    if (variable === undefined) continue;
    parts.push({ text }, { variable });
    text = "";
  }
  return { parts: [...parts, { text: text + word.slice(end) }], split: false };
}

export interface Specifiers {
  /** `backup@db.service`. */
  unit: string;
  /** Of the manager: a user's, or the system's. */
  isUser: boolean;
}

/** Puts in what `%` specifiers stand for (systemd.unit(5)), as far as the unit alone says it. */
export function withSpecifiers(text: string, { unit, isUser }: Specifiers): string | Problem {
  const stem = unit.replace(/\.[a-z]+$/, "");
  const [prefix = "", instance = ""] = stem.split(/@(.*)/s);
  const known: Record<string, string> = {
    "%": "%",
    n: unit,
    N: stem,
    p: prefix,
    P: unescaped(prefix),
    i: instance,
    I: unescaped(instance),
    j: prefix.slice(prefix.lastIndexOf("-") + 1),
    ...(isUser
      ? {}
      : { u: "root", U: "0", g: "root", G: "0", h: "/root", t: "/run", S: "/var/lib", C: "/var/cache", L: "/var/log", E: "/etc" }),
    T: "/tmp",
    V: "/var/tmp",
  };
  const unknown = [...text.matchAll(/%(.)/gs)].find(([, letter = ""]) => !(letter in known));
  if (unknown) return { problem: `${text}: what ${unknown[0]} stands for is only known to systemd` };
  return text.replaceAll(/%(.)/gs, (_, letter: string) => known[letter] ?? "");
}

/** systemd-escape(1), undone. */
function unescaped(text: string): string {
  return text.replaceAll("-", "/").replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
