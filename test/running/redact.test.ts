import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, redactJson, redactText } from "../../src/running/redact.ts";

const secretText = fc.string({ minLength: 6, maxLength: 40, unit: "binary" }).filter((text) => Buffer.byteLength(text) >= 6);

function formsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(Buffer.from(secret).toString())];
}

function inChunks(text: string, sizes: readonly number[], secrets: readonly string[]): string {
  const bytes = Buffer.from(text).toString("latin1");
  const redactor = createRedactor(secrets);
  let [out, from] = ["", 0];
  for (let index = 0; from < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    out += redactor.push(bytes.slice(from, from + size));
    from += size;
  }
  return Buffer.from(out + redactor.end(), "latin1").toString();
}

describe("redaction", () => {
  it("hides a secret in each of its plain forms, however the output is split over writes", () => {
    fc.assert(
      fc.property(
        secretText,
        fc.string(),
        fc.string(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        (secret, before, after, sizes) => {
          fc.pre(!"***".includes(secret));
          for (const form of formsOf(secret)) {
            const out = inChunks(before + form + after, sizes, [secret]);
            expect(out.includes(form) && !before.includes(form) && !after.includes(form) && !form.includes("*")).toBe(false);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("hides a secret in base64 at each of its three alignments", () => {
    fc.assert(
      fc.property(secretText, fc.uint8Array({ minLength: 0, maxLength: 2 }), fc.uint8Array({ maxLength: 5 }), (secret, before, after) => {
        const encoded = Buffer.concat([before, Buffer.from(secret), after]).toString("base64");
        const digits = Math.floor((Buffer.byteLength(secret) * 8) / 6) - 1;
        const from = Math.ceil((before.length * 8) / 6);
        const inner = encoded.slice(from, from + digits);
        expect(redactText(`token=${encoded} end`, [secret])).not.toContain(inner);
      }),
      { numRuns: 500 },
    );
  });

  it("lets ordinary output pass byte for byte", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (text, sizes) => {
        fc.pre(!text.includes("hunter22"));
        expect(inChunks(text, sizes, ["hunter22-is-the-secret"])).toBe(text);
      }),
    );
  });

  it("holds back no more than what may become a secret", () => {
    const redactor = createRedactor(["hunter22"]);
    expect(redactor.push("password: hunt")).toBe("password: ");
    expect(redactor.push("ing season")).toBe("hunting season");
  });

  it("cleans every text of a value, names of fields too", () => {
    const value = { "key hunter22": ["a hunter22 b", 5, null, { inner: "hunter22" }] };
    expect(redactJson(value, ["hunter22"])).toEqual({ "key ***": ["a *** b", 5, null, { inner: "***" }] });
  });
});
