/** A process as `pid:start`, the start in clock ticks since boot (proc(5), /proc/PID/stat): told apart from a later one of its number. */
export type ProcessName = string;

/** One line of the evidence: what a job's process or the storm itself wrote into one O_APPEND file. The order of the lines is the kernel's. */
export type Mark = { at: number } & (
  | { what: "start"; process: ProcessName; key: string; job: string; attempt: number; runId: number | null; trigger: string; slot: string }
  | { what: "holds"; process: ProcessName; places: [name: string, number: number][] }
  | { what: "end"; process: ProcessName; code: number }
  | { what: "kill"; process: ProcessName; signal: "KILL" | "TERM"; whose: "supervisor" | "child" }
  | { what: "disk-full" }
  | { what: "disk-free" }
);
export type MarkOf<What extends Mark["what"]> = Extract<Mark, { what: What }>;

/** Milliseconds of CLOCK_MONOTONIC. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What can't be read throws: evidence with a hole proves nothing. */
export function parseEvidence(text: string): Mark[] {
  return text.split("\n").filter(Boolean).map(parseMark); // prettier-ignore
}

export function parseMark(line: string): Mark {
  const [what = "", ns = "", ...words] = line.split(" ");
  const mark = parse(what, words);
  if (!/^\d+$/.test(ns) || mark === undefined) throw new Error(`the evidence has a line that nobody writes: ${JSON.stringify(line)}`);
  return { at: Number(ns) / 1e6, ...mark } as Mark;
}

function parse(what: string, [process = "", ...words]: string[]): object | undefined {
  const [first = "", second = "", third = "", runId = "", trigger = "", slot = ""] = words;
  if (/^disk-(full|free)$/.test(what) && process === "") return { what };
  if (!/^\d+:\d+$/.test(process)) return undefined;
  if (what === "start" && slot !== "") {
    return { what, process, key: first, job: second, attempt: Number(third), runId: runId === "-" ? null : Number(runId), trigger, slot };
  }
  if (what === "holds" && first !== "") return { what, process, places: words.map(parsePlace) };
  if (what === "end" && /^\d+$/.test(first)) return { what, process, code: Number(first) };
  if (what === "kill" && second !== "") return { what, process, signal: first, whose: second };
  return undefined;
}

function parsePlace(word: string): [string, number] {
  const [name = "", number = ""] = word.split("=");
  return [name, Number(number)];
}

/** What the storm itself writes. */
export function writeMark(what: Mark["what"], ...words: string[]): string {
  return `${[what, process.hrtime.bigint(), ...words].join(" ")}\n`;
}

export const marksOf = <What extends Mark["what"]>(marks: readonly Mark[], what: What): MarkOf<What>[] =>
  marks.filter((mark): mark is MarkOf<What> => mark.what === what);
