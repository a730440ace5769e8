import { expect, it } from "vitest";
import { kinds } from "../../src/job-api/kinds.ts";
import { duration, integer, text } from "../../src/job-api/params.ts";
import { checkParams, describeParams, readParams } from "../../src/job-api/read-params.ts";

const description = "what to look at";
const params = {
  checks: kinds(
    {
      port: { number: integer({ min: 1, description: "the port" }), timeout: duration({ default: "5s", description: "how long" }) },
      file: { path: text({ description: "the path" }) },
    },
    { description },
  ),
};

it("reads a map of things of several kinds, each with parameters and defaults of its own", () => {
  const given = { checks: { mail: { type: "port", number: "25" }, log: { type: "file", path: "/x" } } };
  const { checks } = readParams(params, given);
  expect(checks).toEqual([
    { name: "mail", type: "port", number: 25, timeout: 5000 },
    { name: "log", type: "file", path: "/x" },
  ]);
  const [first] = checks;
  // Typed by its kind.
  const number: number | undefined = first?.type === "port" ? first.number : undefined;
  expect(number).toBe(25);
});

it("reads JSON text, as --set gives it", () => {
  expect(readParams(params, { checks: '{"log":{"type":"file","path":"/x"}}' }).checks).toEqual([{ name: "log", type: "file", path: "/x" }]);
});

it("reports every problem with its place", () => {
  const given = { checks: { a: { type: "prot" }, b: 5, c: { type: "port", number: 0, path: "x" }, d: {} } };
  expect(checkParams(params, given).problems).toEqual([
    'with.checks.a.type: "prot" is not one of port, file',
    "with.checks.b: 5 is not a map such as {type: port}",
    "with.checks.c.path: the job has no such parameter; it has number, timeout",
    "with.checks.c.number: 0 is below the least allowed, 1",
    "with.checks.d.type: nothing is not one of port, file",
  ]);
  expect(checkParams(params, { checks: [] }).problems).toEqual(["with.checks: [] is not a map of names to values"]);
});

it("is described with the kinds that it knows", () => {
  expect(describeParams(params)).toEqual([{ name: "checks", type: "map", of: "port | file", required: true, description }]);
});
