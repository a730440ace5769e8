import { isUtf8 } from "node:buffer";
import { constructFromEvents, type Event, EVENT_ID, getScalarValue, parseEvents, YAMLException } from "js-yaml";
import type { Json } from "../job.ts";
import { readTrusted } from "../system/trusted-file.ts";
import type { Path } from "./problem.ts";

/** A YAML file: its value, and where each part of it stands. */
export interface Source {
  path: string;
  bytes: Buffer;
  /** Undefined where the text is no YAML; `broken` then says why. */
  value: Json | undefined;
  broken?: { message: string; line: number; column: number };
  /** Line and column, from 1, of the value at a path, or of its key; of the nearest parent for what is not there. */
  placeOf(path: Path, part: "key" | "value"): { line: number; column: number };
}

interface Node {
  key: number;
  value: number;
  children: Map<string, Node>;
}

const MAX_DEPTH = 50;
/** More than any manifest written by hand or by a program needs; aliases of aliases reach it at once. */
const MAX_VALUES = 1_000_000;

/** Reads and parses one file. Throws JobctlError("config") only for a file that can't be read. */
export function readSource(path: string, uid: number): Source {
  const { bytes } = readTrusted(path, uid);
  return { path, bytes, ...parseSource(bytes) };
}

export function parseSource(bytes: Buffer): Omit<Source, "path" | "bytes"> {
  if (!isUtf8(bytes)) return broken("", 0, "the file is not UTF-8 text; save it as UTF-8");
  const text = bytes.toString("utf8");
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH });
    return readEvents(text, events);
  } catch (error) {
    if (error instanceof YAMLException)
      return broken(text, error.mark?.position ?? 0, `the file is not valid YAML: ${error.reason}${keyAt(text, error)}`);
    throw error;
  }
}

/** The key that is there twice: which one it is tells more than where. */
function keyAt(text: string, { reason, mark }: YAMLException): string {
  if (reason !== "duplicated mapping key" || mark === undefined) return "";
  const [key = ""] = /^[^\n:]{1,60}/.exec(text.slice(mark.position)) ?? [];
  return key === "" ? "" : ` ${JSON.stringify(key.trim())}`;
}

function readEvents(text: string, events: Event[]): Omit<Source, "path" | "bytes"> {
  const second = events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length > 1;
  if (second)
    return broken(text, startOfSecond(events), "the file holds more than one YAML document; a manifest is one (take out the ---)");
  const unusable = findUnusable(text, events);
  if (unusable) return broken(text, unusable.position, unusable.message);
  const [value] = constructFromEvents(events, { source: text, maxAliases: 1000 });
  const tooBig = events.some(({ type }) => type === EVENT_ID.ALIAS) ? oversize(value) : undefined;
  if (tooBig) return broken(text, 0, tooBig);
  return { value: value as Json | undefined, placeOf: placeFinder(text, events) };
}

function broken(text: string, position: number, message: string): Omit<Source, "path" | "bytes"> {
  const place = lineFinder(text)(position);
  return { value: undefined, broken: { message, ...place }, placeOf: () => place };
}

function startOfSecond(events: Event[]): number {
  const second = events.findIndex(({ type }, index) => type === EVENT_ID.DOCUMENT && index > 0);
  const next = events[second + 1];
  return next ? Math.max(0, startOf(next)) : 0;
}

/** Merge keys, names that are no plain keys, and an anchor that holds an alias of itself. */
function findUnusable(text: string, events: Event[]): { position: number; message: string } | undefined {
  const open: (string | undefined)[] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.POP) open.pop();
    else if (event.type === EVENT_ID.ALIAS) {
      if (open.includes(text.slice(event.anchorStart, event.anchorEnd)))
        return { position: event.anchorStart - 1, message: "an alias is inside of its own anchor" };
    } else if (event.type !== EVENT_ID.SCALAR) open.push(anchorOf(text, event));
    else if (text.startsWith("<<", event.valueStart) && event.valueEnd - event.valueStart === 2) {
      return { position: event.valueStart, message: 'merge keys ("<<") are not read; write what the jobs share under defaults' };
    }
  }
  return undefined;
}

function anchorOf(text: string, event: Event): string | undefined {
  return "anchorStart" in event && event.anchorStart >= 0 ? text.slice(event.anchorStart, event.anchorEnd) : undefined;
}

/** Aliases make a small file a huge value: counted as if each was written out. */
function oversize(value: unknown): string | undefined {
  let left = MAX_VALUES;
  const visit = (item: unknown): void => {
    left -= 1;
    if (left > 0 && typeof item === "object" && item !== null) for (const each of Object.values(item)) visit(each);
  };
  visit(value);
  return left > 0 ? undefined : `the file holds more than ${MAX_VALUES} values (aliases count each time)`;
}

function placeFinder(text: string, events: Event[]): Source["placeOf"] {
  let root: Node | undefined;
  const placeAt = lineFinder(text);
  return (path, part) => {
    root ??= buildTree(text, events);
    let node = root;
    for (const step of path) {
      const child = node.children.get(String(step));
      if (!child) return placeAt(node.key);
      node = child;
    }
    return placeAt(part === "value" && node.value >= 0 ? node.value : node.key);
  };
}

function buildTree(text: string, events: Event[]): Node {
  let at = events[0]?.type === EVENT_ID.DOCUMENT ? 1 : 0;
  const build = (key: number): Node => {
    const event = events[at];
    at += 1;
    const start = event ? startOf(event) : 0;
    const node: Node = { key: key >= 0 ? key : Math.max(0, start), value: start, children: new Map() };
    if (event?.type === EVENT_ID.MAPPING) addPairs(node);
    if (event?.type === EVENT_ID.SEQUENCE) addItems(node);
    return node;
  };
  const addPairs = (node: Node): void => {
    while (events[at] && events[at]?.type !== EVENT_ID.POP) {
      const key = events[at] as Event;
      at += 1;
      const name = key.type === EVENT_ID.SCALAR ? getScalarValue(text, key) : "";
      node.children.set(name, build(startOf(key)));
    }
    at += 1;
  };
  const addItems = (node: Node): void => {
    for (let index = 0; events[at] && events[at]?.type !== EVENT_ID.POP; index += 1) node.children.set(String(index), build(-1));
    at += 1;
  };
  return build(-1);
}

/** Where an event's text begins; -1 for an empty value. */
function startOf(event: Event): number {
  switch (event.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.SCALAR:
      return event.style === 2 || event.style === 3 ? event.valueStart - 1 : event.valueStart;
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    default:
      return 0;
  }
}

/** Line and column of positions in a text whose lines are looked for once: a manifest of thousands of jobs asks for thousands. */
function lineFinder(text: string): (position: number) => { line: number; column: number } {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return (position) => {
    let [first, last] = [0, starts.length - 1];
    while (first < last) {
      const middle = Math.ceil((first + last) / 2);
      if ((starts[middle] as number) <= position) first = middle;
      else last = middle - 1;
    }
    return { line: first + 1, column: position - (starts[first] as number) + (text.startsWith("\uFEFF") && first === 0 ? 0 : 1) };
  };
}
