/** Secrets shorter than this are refused: they would blank out ordinary text. */
export const SHORTEST_SECRET = 6;

/** Takes output as it comes and gives it back with every secret replaced by `***`, also where one is split over chunks. */
export interface Redactor {
  /** Text that can't become part of a secret any more. */
  push(text: string): string;
  /** The rest, at the end of the stream. */
  end(): string;
}

/**
 * Works on byte strings (latin1), as the pipes deliver them. Covered are the forms of run.md: literal, JSON-escaped,
 * URL-encoded and base64 at its three alignments.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = secretForms(secrets);
  if (forms.length === 0) return { push: (text) => text, end: () => "" };
  const pattern = new RegExp(forms.map(escapeRegExp).join("|"), "g");
  const starts = new Set(forms.map((form) => form[0]));
  let held = "";
  return {
    push(text) {
      const all = (held + text).replace(pattern, "***");
      const cut = all.length - heldBack(all, forms, starts);
      held = all.slice(cut);
      return all.slice(0, cut);
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

/** Redacts a whole text of characters (not bytes): an error message, a result. */
export function redactText(text: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return text;
  const redactor = createRedactor(secrets);
  const bytes = Buffer.from(text).toString("latin1");
  return Buffer.from(redactor.push(bytes) + redactor.end(), "latin1").toString();
}

/** Redacts every text in a value, names of fields too. */
export function redactJson<Value>(value: Value, secrets: readonly string[]): Value {
  if (secrets.length === 0) return value;
  const clean = (any: unknown): unknown => {
    if (typeof any === "string") return redactText(any, secrets);
    if (Array.isArray(any)) return any.map(clean);
    if (typeof any !== "object" || any === null) return any;
    return Object.fromEntries(Object.entries(any).map(([name, inner]) => [redactText(name, secrets), clean(inner)]));
  };
  return clean(value) as Value;
}

/** Every form of every secret as a byte string, longest first, so that a form is never cut by a shorter one that it holds. */
function secretForms(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...base64Forms(secret),
  ]);
  return [...new Set(forms.map((form) => Buffer.from(form).toString("latin1")))].toSorted((a, b) => b.length - a.length);
}

/** The base64 digits that depend on the secret alone, when it begins at byte 0, 1 or 2 of a group of three. */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const from = Math.ceil((offset * 8) / 6);
    const digits = Math.floor((bytes.length * 8) / 6);
    const text = bytes.toString("base64").slice(from, digits);
    return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** How many bytes at the end might be the beginning of a form. */
function heldBack(text: string, forms: readonly string[], starts: ReadonlySet<string | undefined>): number {
  const longest = forms[0]?.length ?? 0;
  for (let from = Math.max(0, text.length - longest + 1); from < text.length; from++) {
    if (!starts.has(text[from])) continue;
    const tail = text.slice(from);
    if (forms.some((form) => form.length > tail.length && form.startsWith(tail))) return tail.length;
  }
  return 0;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
