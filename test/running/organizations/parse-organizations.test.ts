import { expect, it } from "vitest";
import { parseOrganizations } from "../../../src/running/organizations/parse-organizations.ts";

const bytes = (text: string): string => Buffer.from(text).toString("latin1");

it.each<[string, string, unknown]>([
  ["one per line", "a\nb\n", ["a", "b"]],
  ["blank lines and blanks around", "\n  a \r\n\n\tb c\n", ["a", "b c"]],
  ["each once, in the order given", "b\na\nb\n", ["b", "a"]],
  ["other letters", "ü\n", ["ü"]],
  ["a JSON list of texts and numbers", '["a", 7]\n', ["a", "7"]],
  ["a JSON list over several lines", '[\n "a",\n "b"\n]', ["a", "b"]],
  ["nothing", "", []],
  ["an empty JSON list", "[]", []],
  ["JSON that is none", "[a", { problem: expect.stringMatching(/^the command printed no JSON, though it begins with "\["/) }],
  [
    "something else in the list",
    '["a", {"id": 1}]',
    { problem: '{"id":1} names no organization; a name is a text or a number of up to 256 characters' },
  ],
  ["an empty name", '[""]', { problem: '"" names no organization; a name is a text or a number of up to 256 characters' }],
  [
    "a control character",
    "a\u0007b",
    { problem: '"a\\u0007b" names no organization; a name is a text or a number of up to 256 characters' },
  ],
])("reads %s", (_, text, expected) => {
  expect(parseOrganizations(bytes(text))).toEqual(expected);
});
