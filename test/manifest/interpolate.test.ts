import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interpolate, isTemplate, unsetVariables } from "../../src/manifest/interpolate.ts";

const SCOPE: Record<string, string> = { A: "one", _b2: "two", EMPTY: "" };
const scope = (name: string): string | undefined => SCOPE[name];

/** The grammar as a pattern. */
const REFERENCE = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})/g;

/** Any characters at all, but mostly those that references are made of. */
const texts = fc.string({
  unit: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("$", "${", "{", "}", ":-", ":", "-", "A", "_b2", "EMPTY", "2", "é") },
    fc.constantFrom("\n", " ", "$$", "x"),
  ),
  maxLength: 12,
});

describe("interpolation", () => {
  it("puts in what the grammar of references says, whatever stands around them", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const unset = [...text.matchAll(REFERENCE)].flatMap(([, name, fallback]) =>
          name !== undefined && fallback === undefined && scope(name) === undefined ? [name] : [],
        );
        expect(unsetVariables(text, scope)).toEqual(unset);
        expect(isTemplate(text)).toBe(text.search(REFERENCE) >= 0);
        if (unset.length > 0)
          return void expect(() => interpolate(text, scope, "here")).toThrow(`\${${unset[0]}}: the variable ${unset[0]} is not set`);
        const wanted = text.replaceAll(REFERENCE, (_all, name?: string, fallback?: string) =>
          name === undefined ? "$" : fallback === undefined ? (scope(name) ?? "") : scope(name) || fallback,
        );
        expect(interpolate(text, scope, "here")).toBe(wanted);
      }),
      { numRuns: 5000 },
    );
  });
});
