import type { GenericSchema } from "valibot";
import type { Json } from "../job.ts";
import { checkValue } from "./check-value.ts";
import { interpolate, isTemplate, type Scope, unsetVariables } from "./interpolate.ts";
import type { Finding, Path } from "./problem.ts";

export interface CheckedValue {
  /** The value with templates replaced where only a number, a duration or a choice can stand; free texts keep theirs. */
  value: Json;
  findings: Finding[];
  /** True where an environment decided: then the value is not the file's alone. */
  depends: boolean;
}

export interface TemplateOptions {
  schema: GenericSchema;
  /** The variables that a path sees. */
  scopeAt: (path: Path) => Scope;
  /** Whether a path belongs to an environment's overlay that is not in use: what it lacks is not missed. */
  isIdle: (path: Path) => boolean;
}

/** Checks a file's value; a template that does not fit where it stands is judged by what it stands for. */
export function checkTemplates(raw: Json, { schema, scopeAt, isIdle }: TemplateOptions): CheckedValue {
  const first = checkValue(schema, raw);
  const templates = first.filter(({ path }) => isTemplateAt(raw, path));
  if (templates.length === 0) return { value: raw, findings: first, depends: false };
  const value = structuredClone(raw);
  const missing = templates.flatMap(({ path }) => putIn(value, path, scopeAt(path), isIdle(path)));
  // A number or a flag is text in the environment.
  for (const { path } of checkValue(schema, value)) {
    if (templates.some((each) => samePath(each.path, path))) setAt(value, path, asScalar(getAt(value, path)));
  }
  const left = checkValue(schema, value).filter(({ path }) => !missing.some((each) => samePath(each.path, path)));
  return { value, findings: [...missing, ...left.map((finding) => tellTemplate(finding, raw))], depends: true };
}

function isTemplateAt(value: Json, path: Path): boolean {
  const text = getAt(value, path);
  return typeof text === "string" && isTemplate(text);
}

function putIn(value: Json, path: Path, scope: Scope, idle: boolean): Finding[] {
  const text = getAt(value, path) as string;
  const [unset] = unsetVariables(text, scope);
  if (unset === undefined) {
    setAt(value, path, interpolate(text, scope, ""));
    return [];
  }
  if (idle) setAt(value, path, undefined);
  return idle ? [] : [{ path, part: "value", message: unsetMessage(unset) }];
}

export function unsetMessage(name: string): string {
  return `the variable ${name} is not set; set it in the environment or the envFile, or write \${${name}:-default}`;
}

function asScalar(value: Json | undefined): Json | undefined {
  if (typeof value !== "string") return value;
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
}

function tellTemplate(finding: Finding, raw: Json): Finding {
  return isTemplateAt(raw, finding.path) ? { ...finding, message: `${String(getAt(raw, finding.path))}: ${finding.message}` } : finding;
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

function getAt(value: Json, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, Json>)[step];
  }
  return at;
}

function setAt(value: Json, path: Path, to: Json | undefined): void {
  const parent = getAt(value, path.slice(0, -1)) as Record<string, Json>;
  const key = path.at(-1) as string;
  if (to === undefined) delete parent[key];
  else parent[key] = to;
}
