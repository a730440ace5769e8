/** Keys and indexes from a file's root. */
export type Path = readonly (string | number)[];

/** One thing that is wrong, with its place: the shape of `validate --json`. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  /** `jobs.nightly.schedule`; empty for the whole file. */
  path: string;
  /** What was found, what is allowed, and the next step. */
  message: string;
}

/** A problem before its place is known. */
export interface Finding {
  path: Path;
  /** Whether the key itself is wrong, or its value. */
  part: "key" | "value";
  message: string;
}

/** `["jobs", "x", "needs", 0]` → `jobs.x.needs[0]`. */
export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${step}`)).join("");
}

/** `jobs.nightly.schedule: minute "61" is out of 0-59 (jobs/manifest.yaml:14:15)` */
export function problemText({ file, line, column, path, message }: Problem): string {
  return `${path ? `${path}: ` : ""}${message} (${file}:${line}:${column})`;
}

/** How a value is named in a message: short, and never a whole tree. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "an empty value";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

/** By file, then as they stand in it. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const order = (a: Problem, b: Problem): number => (a.file < b.file ? -1 : Number(a.file > b.file));
  return problems.toSorted((a, b) => order(a, b) || a.line - b.line || a.column - b.column);
}
