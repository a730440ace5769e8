import { describe, expect, it } from "vitest";
import type { Json } from "../../src/job.ts";
import { conditions } from "../../src/job-api/database/conditions.ts";
import type { Params } from "../../src/job-api/param.ts";
import { choice, duration, flag, integer, json, list, number, record, size, text } from "../../src/job-api/params.ts";
import { checkParams, describeParams, readParams } from "../../src/job-api/read-params.ts";

const description = "x";
const kinds = {
  text: text({ description }),
  number: number({ description, max: 10 }),
  integer: integer({ description, min: 1 }),
  flag: flag({ description }),
  duration: duration({ description }),
  size: size({ description }),
  choice: choice(["daily", "weekly"], { description }),
  list: list(duration({ description }), { description }),
  record: record({ description }),
  json: json({ description }),
  conditions: conditions({ description }),
} satisfies Params;

const read = (kind: keyof typeof kinds, given: Json): unknown => {
  const { values, problems } = checkParams({ it: kinds[kind] }, { it: given });
  return problems.length > 0 ? problems : values.it;
};

describe("parameters", () => {
  it.each<[keyof typeof kinds, Json, unknown]>([
    ["text", "carts", "carts"],
    ["text", "5", "5"],
    ["number", 0.5, 0.5],
    ["number", "-1.5e-3", -0.0015],
    ["integer", "500", 500],
    ["integer", 500, 500],
    ["flag", true, true],
    ["flag", "yes", true],
    ["flag", "false", false],
    ["duration", "30d", 2_592_000_000],
    ["duration", 1500, 1500],
    ["duration", "1500", 1500],
    ["size", "1.5GB", 1_610_612_736],
    ["size", 512, 536_870_912],
    ["choice", "weekly", "weekly"],
    ["list", ["30d", 1000], [2_592_000_000, 1000]],
    ["list", "1d, 1h", [86_400_000, 3_600_000]],
    ["list", "", []],
    ["record", { status: "done" }, { status: "done" }],
    ["record", '{"status":"done"}', { status: "done" }],
    ["json", "[1]", [1]],
    ["json", "plain", "plain"],
    [
      "conditions",
      { a: null, b: [1, null] },
      [
        { column: "a", comparison: "=", value: null },
        { column: "b", comparison: "=", value: [1, null] },
      ],
    ],
    [
      "conditions",
      '{"a":{">=":1,"<":5}}',
      [
        { column: "a", comparison: ">=", value: 1 },
        { column: "a", comparison: "<", value: 5 },
      ],
    ],
  ])("takes as %s %j", (kind, given, value) => {
    expect(read(kind, given)).toEqual(value);
  });

  it.each<[keyof typeof kinds, Json, string]>([
    ["text", 5, "with.it: 5 is not text (put quotes around it)"],
    ["number", "ten", 'with.it: "ten" is not a number'],
    ["number", 11, "with.it: 11 is above the most allowed, 10"],
    ["number", "1e999", 'with.it: "1e999" is not a number'],
    ["integer", "1.5", "with.it: 1.5 is not a whole number"],
    ["integer", 0, "with.it: 0 is below the least allowed, 1"],
    ["flag", "maybe", 'with.it: "maybe" is not true or false'],
    ["duration", "3 dayz", 'with.it: "3 dayz" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds'],
    ["duration", [], "with.it: [] is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds"],
    ["size", "big", 'with.it: "big" is not a size such as 512MB or 1.5GB, or a number of megabytes'],
    ["choice", "hourly", 'with.it: "hourly" is not one of daily, weekly'],
    ["list", ["1d", "soon"], 'with.it.1: "soon" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds'],
    ["list", { a: 1 }, 'with.it: {"a":1} is not a list'],
    ["record", "x", 'with.it: "x" is not a map of names to values'],
    ["conditions", { a: [] }, "with.it.a: [] is not a value, null, a list of values, or {op: value} with op one of = != < <= > >= like"],
    [
      "conditions",
      { a: { "<": null } },
      'with.it.a: {"<":null} is not a value, null, a list of values, or {op: value} with op one of = != < <= > >= like',
    ],
  ])("refuses as %s %j", (kind, given, problem) => {
    expect(read(kind, given)).toEqual([problem]);
  });

  it("reports what is missing, unknown and wrong at once, and names the nearest", () => {
    const params = { table: text({ description: "the table" }), limit: integer({ optional: true, description }) };
    expect(() => readParams(params, { limits: 5, limit: "x" })).toThrow(
      [
        'with.limits: the job has no such parameter; did you mean "limit"?',
        "with.table: missing; it is required (text): the table",
        'with.limit: "x" is not a whole number',
      ].join("\n"),
    );
  });

  it("fills in defaults as they are written, and leaves out optional ones", () => {
    const params = { age: duration({ default: "1d", description }), limit: integer({ optional: true, description }) };
    expect(readParams(params, {})).toEqual({ age: 86_400_000 });
  });

  it("takes null for not given, since that is what an empty line in YAML is", () => {
    expect(readParams({ age: duration({ default: "1d", description }) }, { age: null })).toEqual({ age: 86_400_000 });
  });

  it("describes name, type, unit, choices and default", () => {
    expect(describeParams({ age: duration({ default: "1d", description: "how old" }), kind: kinds.choice })).toEqual([
      { name: "age", type: "duration", unit: "ms", default: "1d", required: false, description: "how old" },
      { name: "kind", type: "choice", choices: ["daily", "weekly"], required: true, description },
    ]);
  });
});
