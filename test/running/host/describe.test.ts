import { expect, it } from "vitest";
import { describeHost, shippedJob, writeJob } from "../../helpers/host.ts";

it("describes a job's parameters with type, unit, default and whether they are required", async () => {
  const { description, params, hooks, problems } = await describeHost(shippedJob("cleanup/delete-rows"), {
    table: "carts",
    column: "touched",
    olderThan: "30d",
  });
  expect(description).toBe("Delete the rows of a table that are older than an age, in batches");
  expect(hooks).toEqual({ check: false });
  expect(problems).toEqual([]);
  expect(params.map(({ name, type, unit, required }) => [name, type, unit, required])).toEqual([
    ["table", "text", undefined, true],
    ["column", "text", undefined, true],
    ["olderThan", "duration", "ms", true],
    ["where", "conditions", undefined, false],
    ["batchSize", "integer", "rows", false],
    ["batchPause", "duration", "ms", false],
    ["limit", "integer", "rows", false],
    ["minSuccess", "number", "%", false],
  ]);
});

it("reports every problem of the given parameters at once", async () => {
  const { problems } = await describeHost(shippedJob("cleanup/delete-rows"), {
    tables: "carts",
    column: 5,
    olderThan: "3 dayz",
    where: { status: { "<>": 1 } },
    limit: 0,
  });
  expect(problems).toEqual([
    'with.tables: the job has no such parameter; did you mean "table"?',
    "with.table: missing; it is required (text): the table to delete from",
    "with.column: 5 is not text (put quotes around it)",
    'with.olderThan: "3 dayz" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds',
    'with.where.status: {"<>":1} is not a value, null, a list of values, or {op: value} with op one of = != < <= > >= like',
    "with.limit: 0 is below the least allowed, 1",
  ]);
});

it("runs nothing of the job, and keeps what the module prints out of the answer", async () => {
  const module = writeJob(
    `console.log("imported"); export default { description: "x", check() { return false; }, run() { throw new Error("ran"); } };`,
  );
  expect(await describeHost(module)).toEqual({ description: "x", params: [], hooks: { check: true }, problems: [] });
});

it("reports a module without a job, and a default that its own parameter refuses", async () => {
  const none = writeJob("export default 5;");
  expect((await describeHost(none)).problems).toEqual([
    `${none}: has no job; it must \`export default defineJob({ description, run(context) {...} })\``,
  ]);
  const wrong = writeJob(`import { defineJob, duration } from "jobctl";
    export default defineJob({ description: "x", params: { age: duration({ default: "soon", description: "age" }) }, run() {} });`);
  expect((await describeHost(wrong)).problems).toContain(
    'the default of parameter age: "soon" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds',
  );
});
