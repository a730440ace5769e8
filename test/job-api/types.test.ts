import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { jobFiles } from "../../src/manifest/job-files.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../..");

const JOB = `import { ago, batchParams, choice, defineJob, duration, integer, list, text } from "jobctl";

export default defineJob({
  description: "Purge carts",
  params: {
    age: duration({ default: "30d", description: "age" }),
    most: integer({ optional: true, description: "most" }),
    kind: choice(["a", "b"], { description: "kind" }),
    names: list(text({ description: "name" }), { description: "names" }),
    ...batchParams,
  },
  check: ({ params }) => params.kind === "a" || "only a",
  async run({ params, now, db, rows, each, logger }) {
    const typed: { age: number; most: number | undefined; kind: "a" | "b"; names: string[] } = { ...params };
    // @ts-expect-error there is no such parameter
    void params.nothing;
    const users = await db.selectFrom("users").select(["id", "karma"]).where("status", "=", "active").execute();
    const karma: number | undefined = users[0]?.karma;
    await db.withTables<{ carts: { id: string } }>().deleteFrom("carts").where("id", "=", "x").execute();
    await each(users, ({ id }) => id, ({ id }) => logger.info(id));
    const old = await rows("carts", { column: "touched_at", before: ago(now, typed.age) });
    return { deletedCount: await old.delete(params), karma: karma ?? 0 };
  },
});
`;

it("types a job for the user of the package, with parameters typed by their schema", async () => {
  expect(await compile({ "job.ts": JOB })).toBe("");
});

it("types what jobctl new writes, with its test", async () => {
  const { module, test } = jobFiles("purge-carts", "purge-carts.ts");
  expect(await compile({ "purge-carts.ts": module, "purge-carts.test.ts": test })).toBe("");
});

/** What tsc says of these files in a project that has jobctl and Node's types. */
async function compile(files: Record<string, string>): Promise<string> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/jobctl"));
  symlinkSync(join(ROOT, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const flags = `--ignoreConfig --noEmit --strict --module nodenext --target es2024 --types node --erasableSyntaxOnly --allowImportingTsExtensions`;
  const args = [join(ROOT, "node_modules/typescript/bin/tsc"), ...flags.split(" "), ...Object.keys(files)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch((error: { stdout: string }) => error);
  return stdout;
}
