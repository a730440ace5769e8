import * as v from "valibot";
import { didYouMean } from "../nearest.ts";
import { type Finding, type Path, shown } from "./problem.ts";

/** Every way in which a value does not fit a schema. */
export function checkValue(schema: v.GenericSchema, value: unknown): Finding[] {
  const { issues } = v.safeParse(schema, value);
  return issues ? (issues as Issue[]).flatMap((issue) => findings(issue, [], schema)) : [];
}

type Issue = v.BaseIssue<unknown>;

function findings(issue: Issue, base: Path, schema: v.GenericSchema): Finding[] {
  const path = [...base, ...(issue.path ?? []).map(({ key }) => key as string | number)];
  const inner = innerIssues(issue);
  if (inner.length > 0) return inner.flatMap((each) => findings(each, path, schema));
  return [finding(issue, path, schema)];
}

/** Where a union has a member of the value's kind (a map, a list), that one's problems say more than "none fits". */
function innerIssues(issue: Issue): Issue[] {
  return (issue.issues ?? []).filter(({ path }) => path !== undefined) as Issue[];
}

function finding(issue: Issue, path: Path, schema: v.GenericSchema): Finding {
  const origin = issue.path?.at(-1)?.origin;
  if (issue.type === "never") return { path, part: "key", message: unknownField(path, schema) };
  if (issue.input === undefined) return { path, part: "key", message: "is missing" };
  const near = typeof issue.input === "string" ? didYouMean(issue.input, choicesOf(issue.message)) : quoted(issue);
  return { path, part: origin === "key" ? "key" : "value", message: `${shown(issue.input)} is not ${issue.message}${near}` };
}

/** What YAML takes for a number or a flag. */
const quoted = ({ input, message }: Issue): string =>
  message === "a text" && (typeof input === "boolean" || typeof input === "number") ? "; put it in quotes" : "";

function choicesOf(message: string): string[] {
  return message.startsWith("one of ") ? message.slice("one of ".length).split(", ") : [];
}

function unknownField(path: Path, schema: v.GenericSchema): string {
  const name = String(path.at(-1));
  const known = fieldsAt(schema as Part, path.slice(0, -1));
  const near =
    elsewhere(schema as Part, path) ||
    didYouMean(name, known) ||
    (known.length > 0 && known.length <= 12 ? `; allowed here: ${known.join(", ")}` : "");
  return `unknown field ${JSON.stringify(name)}${near}`;
}

/** A known name in the wrong place, `timezone` of a job for one, is a part of a field beside it. */
function elsewhere(schema: Part, path: Path): string {
  const [name, above] = [String(path.at(-1)), path.slice(0, -1)];
  const place = fieldsAt(schema, above).find((field) => fieldsAt(schema, [...above, field]).includes(name));
  return place === undefined ? "" : `; did you mean "${place}.${name}"?`;
}

/** What a schema is made of, as far as a path leads through it. */
interface Part {
  wrapped?: Part;
  options?: Part[];
  entries?: Record<string, Part>;
  value?: Part;
  item?: Part;
}

/** The names that a map at a path may have. */
function fieldsAt(schema: Part, [step, ...rest]: Path): string[] {
  if (schema.wrapped) return fieldsAt(schema.wrapped, step === undefined ? [] : [step, ...rest]);
  if (Array.isArray(schema.options))
    return schema.options.flatMap((each) => (typeof each === "object" ? fieldsAt(each, step === undefined ? [] : [step, ...rest]) : []));
  if (step === undefined) return Object.keys(schema.entries ?? {});
  const next = schema.entries?.[step] ?? schema.item ?? schema.value;
  return next ? fieldsAt(next, rest) : [];
}
