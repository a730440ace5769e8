import type { Json } from "../../job.ts";

type Found = string[] | { problem: string };

const MOST_CHARACTERS = 256;

/** What a command printed, as bytes: one organization per line, or a JSON list of texts and numbers. */
export function parseOrganizations(bytes: string): Found {
  const text = Buffer.from(bytes, "latin1").toString().trim();
  if (!text.startsWith("[")) return toOrganizations(text.split("\n").filter((line) => line.trim() !== ""));
  try {
    return toOrganizations(JSON.parse(text) as Json);
  } catch (error) {
    return { problem: `the command printed no JSON, though it begins with "[": ${(error as Error).message}` };
  }
}

/** Each once, in the order given. */
export function toOrganizations(list: Json): Found {
  if (!Array.isArray(list)) return { problem: `${shown(list)} is no list; write a JSON list of texts, or one organization per line` };
  const names = list.map((each) => (typeof each === "number" ? String(each) : typeof each === "string" ? each.trim() : each));
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) {
    return { problem: `${shown(wrong)} names no organization; a name is a text or a number of up to ${MOST_CHARACTERS} characters` };
  }
  return [...new Set(names as string[])];
}

/** A name goes into environments, records and lines for people. */
const isName = (name: Json): boolean => typeof name === "string" && name !== "" && name.length <= MOST_CHARACTERS && !/\p{Cc}/u.test(name);

const shown = (value: Json): string => JSON.stringify(value).slice(0, 80);
