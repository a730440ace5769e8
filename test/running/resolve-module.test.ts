import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { resolveModule } from "../../src/running/resolve-module.ts";

const root = mkdtempSync(join(tmpdir(), "jobctl-modules-"));
afterAll(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, "dist/job/jobs/cleanup"), { recursive: true });
writeFileSync(join(root, "dist/job/jobs/cleanup/delete-rows.js"), "");
for (const name of ["a.ts", "a.js", "b.mjs", "c.js", "d.mts", "e.cjs"]) writeFileSync(join(root, name), "");

describe("uses", () => {
  it.each([
    ["./a", "a.ts"],
    ["./a.js", "a.js"],
    ["./b", "b.mjs"],
    ["./d", "d.mts"],
    ["./e", "e.cjs"],
    ["../" + root.split("/").at(-1) + "/c", "c.js"],
    [join(root, "c"), "c.js"],
    ["cleanup/delete-rows", "dist/job/jobs/cleanup/delete-rows.js"],
  ])("%s names a file", (uses, file) => {
    expect(resolveModule(uses, { folder: root, packageRoot: root, asRoot: false })).toBe(join(root, file));
  });

  it("says what was tried for a file that is not there", () => {
    expect(() => resolveModule("./none", { folder: root, packageRoot: root, asRoot: false })).toThrow(
      `uses: there is no file ${root}/none, nor with .ts, .mts, .js, .mjs, .cjs after it`,
    );
  });

  it.each(["delete-rows", "cleanup/../../x", "cleanup"])("says which jobs ship where %s does not", (uses) => {
    expect(() => resolveModule(uses, { folder: root, packageRoot: root, asRoot: false })).toThrow(
      `uses: "${uses}" is no shipped job; shipped are cleanup/delete-rows. A file of your own begins with ./ (./${uses})`,
    );
  });
});
