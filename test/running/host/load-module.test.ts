import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { job, runHost, runSource, startHost, writeJob } from "../../helpers/host.ts";
import { ROOT } from "../../helpers/world.ts";

describe("the module of a job", () => {
  it.each([
    ["export const x = 1;", "has no job; it must `export default defineJob({ description, run(context) {...} })`"],
    [
      "export default { description: 'x', run() {}, onEror() {} };",
      'defineJob knows no "onEror"; did you mean "onError"?; it takes description, params, check, before, run, after, onError',
    ],
    ["import './missing.ts'; export default {};", "can't be loaded: Error [ERR_MODULE_NOT_FOUND]: Cannot find module"],
    ["export default {", "can't be loaded: "],
    ["throw new Error('at import'); export default {};", "can't be loaded: Error: at import\n    at file:"],
  ])("refuses the module %j as a wrong set-up", async (source, message) => {
    const run = await runSource(source);
    expect(run).toMatchObject({ exitCode: 78, end: { type: "error", config: true } });
    expect(run.end).toHaveProperty("error", expect.stringContaining(message));
  });

  it.each([
    ["job.mts", 'import { defineJob } from "jobctl"; export default defineJob({ description: "x", run: (): number => 7 });'],
    ["job.js", 'const { defineJob } = require("jobctl"); module.exports = defineJob({ description: "x", run: () => 7 });'],
    ["job.cjs", 'exports.__esModule = true; exports.default = { description: "compiled by tsc", run: () => 7 };'],
  ])("runs %s in a package of CommonJS modules", async (name, source) => {
    const module = writeJob(source, name);
    writeFileSync(join(dirname(module), "package.json"), '{ "type": "commonjs" }');
    expect((await runHost({ module })).end).toEqual({ type: "result", result: 7 });
  });

  it("says what to do about a .ts that Node reads as CommonJS, as it does after npm init", async () => {
    const module = writeJob(job("run() {}"));
    const decides = join(dirname(module), "package.json");
    writeFileSync(decides, '{ "type": "commonjs" }');
    expect((await runHost({ module })).end).toMatchObject({
      config: true,
      error: `${module}: can't be loaded: it has import or export, and Node reads it as CommonJS because of ${decides}; write "type": "module" there, or name it job.mts`,
    });
  });

  it.each([
    ["the file that it leads to", {}, "beside the file"],
    ["the link, with --preserve-symlinks", { NODE_OPTIONS: "--preserve-symlinks" }, "beside the link"],
  ])("is looked for through a link, and what it imports beside %s", async (_place, env, found) => {
    const file = writeJob('import where from "./where.mjs"; export default { description: "x", run: () => where };', "job.mjs");
    const link = writeJob("", "link.mjs");
    rmSync(link);
    symlinkSync(file, link);
    const write = (beside: string, text: string): void => writeFileSync(join(dirname(beside), "where.mjs"), `export default "${text}";`);
    write(file, "beside the file");
    write(link, "beside the link");
    expect((await startHost({ module: link }, env).done).end).toEqual({ type: "result", result: found });
  });

  it("is given dates that are made when it asks for them: the first looks for the time zone", async () => {
    const count = "globalThis.Date = class extends Date { constructor(...given) { super(...given); Date.made = (Date.made ?? 0) + 1; } };";
    const env = { NODE_OPTIONS: `--require=${writeJob(count, "count.cjs")}` };
    const made = async (asks: string): Promise<unknown> => {
      const source = job(`run(context) { ${asks}; return Date.made ?? 0; }`);
      const { end } = await startHost({ module: writeJob(source) }, env).done;
      return end?.type === "result" ? end.result : end;
    };
    expect(await made("")).toBe(0);
    expect(await made("[context.now, context.now, context.scheduledFor, context.previousSlot]")).toBe(2);
  });

  it("loads with our package no module of Node's, and no pattern that is compiled at once", () => {
    const source = readFileSync(join(ROOT, "dist/job/index.js"), "utf8");
    expect(source.match(/\bexport\s*\{/g)).toHaveLength(1);
    expect(source.match(/\bimport[^;"(]*"node:|new RegExp\("|\\p\{/g)).toBeNull();
  });
});
