import { DAY_OF_MONTH, DAY_OF_WEEK, type FieldKind, HOUR, MINUTE, MONTH } from "../schedule/field-names.ts";
import { scheduleFromText } from "../schedule/parse-schedule.ts";

/**
 * Why the times of a crontab line can't be carried over: cron reads them otherwise than a manifest does, or not at all.
 * Undefined for what both read alike.
 */
export function cronTimesProblem(times: string): string | undefined {
  const words = times.split(/[ \t]+/);
  if (!times.startsWith("@")) {
    for (const [index, kind] of [MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK].entries()) {
      const problem = fieldProblem(words[index] ?? "", kind);
      if (problem !== undefined) return problem;
    }
  }
  const parsed = scheduleFromText(times.replaceAll(/[ \t]+/g, " "), "UTC");
  return parsed.ok ? undefined : parsed.problem;
}

function fieldProblem(field: string, kind: FieldKind): string | undefined {
  for (const item of field.split(",")) {
    if (/[L#W?H]/.test(item.replaceAll(/[A-Z]{3}/gi, ""))) {
      return `${kind.name} "${item}" is no cron field: cron takes another time than a manifest would, or refuses the line`;
    }
    const [, first = "", last = ""] = /^(\w+)-(\w+)/.exec(item) ?? [];
    if (last !== "" && valueOf(first, kind) > valueOf(last, kind)) {
      return `${kind.name} "${item}" goes backwards: cron never runs it, a manifest would go round`;
    }
  }
  return undefined;
}

function valueOf(text: string, { names, min }: FieldKind): number {
  const index = names.indexOf(text.toUpperCase());
  return index < 0 ? Number(text) : min + index;
}
