import { JobctlError } from "../errors.ts";

/** `--set key=value`, any number of times; the job's own parameters say of what type each is. */
export function parseSet(set: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    set.map((text) => {
      const equals = text.indexOf("=");
      if (equals < 1) throw new JobctlError("usage", `--set ${text}: write --set key=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
