import { expect, it } from "vitest";
import { scrubJson, scrubRow } from "../../src/job-api/scrub.ts";

const KEYS = ["email", "phoneNumber"];

it.each([
  ["a key", '{"email":"x","plan":1}', '{"plan":1}'],
  ["a key at any depth", '[{"a":[{"email":{"b":1}},2]}]', '[{"a":[{},2]}]'],
  ["a key in other writings", '{"E-Mail":1,"phone_number":2,"PhoneNumber":3,"emails":4}', '{"emails":4}'],
  ["nothing from a value", '{"field":"email"}', '{"field":"email"}'],
  ["nothing, and leaves the text as it is", '{ "a" : 1.0 }', '{ "a" : 1.0 }'],
  ["no digit of a number", '{"email":1,"id":12345678901234567890,"rate":1.0}', '{"id":12345678901234567890,"rate":1.0}'],
  ["nothing from a text", '"email"', '"email"'],
  ["no JSON", "{email", undefined],
])("takes %s", (_, text, scrubbed) => {
  expect(scrubJson(text, KEYS)).toBe(scrubbed);
});

it("gives a row its fixed values, and leaves the row that it was given alone", () => {
  const row = { id: 1, ip: "192.0.2.1", data: '{"email":"x"}', typed: { email: "x", n: 1 }, none: null };
  const rule = { set: { ip: null }, scrubJson: { data: KEYS, typed: KEYS, none: KEYS } };
  expect(scrubRow(row, rule)).toEqual({ id: 1, ip: null, data: "{}", typed: { n: 1 }, none: null });
  expect(row.ip).toBe("192.0.2.1");
});
