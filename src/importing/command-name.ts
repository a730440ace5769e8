import { nameFrom } from "./imported.ts";
import { readWrapper } from "./wrappers.ts";
import { shellTokens } from "./shell-words.ts";

const INTERPRETERS = /^(?:sh|bash|dash|zsh|ksh|python[\d.]*|perl|ruby|php[\d.]*|node|nodejs|java|deno|bun|tsx|Rscript)$/;
/** What says how to run, not what. */
const PREFIXES =
  /^(?:nice|ionice|env|sudo|flock|timeout|chronic|nohup|exec|time|then|do|else|if|while|!|\{|command|setsid|stdbuf|systemd-cat|run-one)$/;
const NOTHING = /^(?:fi|done|esac|\}|cd|sleep|test|\[|exit|true|false|:|\.|source|export|set|umask|echo)$/;
/** Behind it a pipeline does with the output what is not the job. */
const ENDINGS = new Set(["&&", "||", ";", "&", "\n", "(", ")"]);

/** A job's name after what its command does: `/usr/local/bin/backup.sh --full` → `backup`, `npm run build` → `npm-run-build`. */
export function commandName(text: string): string {
  const names = pipelines(text).map(pipelineName);
  return nameFrom(names.findLast((name) => name !== "") ?? stem(/^\S*/.exec(text)?.[0] ?? ""));
}

/** The first command of each part of a list, as its words. */
function pipelines(text: string): string[][] {
  const parts: string[][] = [[]];
  let skipping = false;
  for (const { kind, text: word } of shellTokens(text) ?? text.split(/\s+/).map((each) => ({ kind: "word", text: each }) as const)) {
    if (kind === "word") {
      if (!skipping) parts.at(-1)?.push(word);
    } else if (ENDINGS.has(word)) {
      skipping = false;
      parts.push([]);
    } else skipping = true;
  }
  return parts;
}

function pipelineName(all: readonly string[]): string {
  const words = all.slice(readWrapper(all)?.words ?? 0);
  const at = programAt(words);
  const program = words[at];
  if (program === undefined || NOTHING.test(program)) return "";
  const rest = words.slice(at + 1);
  if (INTERPRETERS.test(baseOf(program))) {
    const script = rest.findIndex((word) => !word.startsWith("-"));
    if (script >= 0 && !rest.slice(0, script).some((word) => /^-(?:[a-z]*[cer]|m)$/.test(word))) {
      return [stem(rest[script] ?? ""), ...plainWords(rest.slice(script + 1))].join("-");
    }
    const module = rest.indexOf("-m");
    return module >= 0 ? [stem(rest[module + 1] ?? ""), ...plainWords(rest.slice(module + 2))].join("-") : baseOf(program);
  }
  return [stem(program), ...plainWords(rest.filter((word) => !word.startsWith("-")))].join("-");
}

/** Where the program is, behind variables, prefixes and their options. */
function programAt(words: readonly string[]): number {
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (/^-[ugskECnpcT]$/.test(word)) at += 1;
    else if (!PREFIXES.test(baseOf(word)) && !/^(?:-|[A-Za-z_]\w*=|[\d.]+[smhd]?$)/.test(word)) break;
  }
  return at;
}

/** Words such as `run` and `schedule:run`, up to three; a path, a number or a value ends them. */
function plainWords(words: readonly string[]): string[] {
  const end = words.findIndex((word) => !/^[a-z][a-z:_-]*$/i.test(word));
  return words.slice(0, Math.min(3, end < 0 ? words.length : end));
}

const baseOf = (word: string): string => word.slice(word.lastIndexOf("/") + 1);

function stem(word: string): string {
  return baseOf(word.replace(/\/+$/, "")).replace(/\.(?:sh|bash|py|pl|rb|php|js|mjs|cjs|ts|jar|R)$/, "");
}
