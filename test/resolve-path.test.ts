import { resolve } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { resolvePath } from "../src/resolve-path.ts";

const part = fc.constantFrom("", ".", "..", "a", "b.c", ".d", "..e", "f..", " ");
const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join("/"));

it("gives what path.resolve gives", () => {
  fc.assert(
    fc.property(path, path, (above, below) => {
      const folder = resolve("/", above);
      expect(resolvePath(folder, below)).toBe(resolve(folder, below));
    }),
    { numRuns: 2000 },
  );
});
