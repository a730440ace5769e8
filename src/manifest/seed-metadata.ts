import type { Finding, Path } from "./problem.ts";
import type { Overlay } from "./schema.ts";

type Mode = NonNullable<Overlay["executionMode"]>;

/** The seed metadata's names for fields of ours. Numbers need no translation: milliseconds and megabytes are plain numbers here too. */
const RENAMED = [
  ["name", "title"],
  ["isCritical", "critical"],
  ["dependencies", "needs"],
  ["retryPolicy", "retry"],
  ["executionMode", "overlap"],
] as const;

const RETRY_RENAMED = { backoffStrategy: "backoff", backoffMultiplier: "multiplier" } as const;

/** What each execution mode means here. */
const MODES: Record<Mode, Pick<Overlay, "overlap" | "scope" | "organizations">> = {
  "single-instance": { overlap: "skip" },
  "multiple-instances": { overlap: "allow" },
  // The seed names no source: its systems have a table of them.
  "organization-scoped": { scope: "organization", organizations: { query: "SELECT id FROM organizations ORDER BY id" } },
  distributed: { scope: "cluster" },
};

/** A job's fields without the seed's spelling: what `fromSeed` returns. */
export type OwnFields = Omit<Overlay, "id" | "name" | "isCritical" | "dependencies" | "retryPolicy" | "executionMode" | "retryable">;

/** Rewrites the seed metadata's spelling to ours; anything else is left as it is. */
export function fromSeed(fields: Overlay): OwnFields {
  const { id: _id, name, isCritical, dependencies, retryPolicy, executionMode, retryable, monitoring, ...own } = fields;
  const result: OwnFields = { ...own, ...(executionMode && MODES[executionMode]) };
  if (own.organizations !== undefined) result.organizations = own.organizations;
  if (name !== undefined) result.title = name;
  if (isCritical !== undefined) result.critical = isCritical;
  if (dependencies !== undefined) result.needs = dependencies;
  if (retryPolicy !== undefined) result.retry = retryFromSeed(retryPolicy);
  if (retryable === false) result.retry = { ...result.retry, maxRetries: 0 };
  return monitoring === undefined ? result : { ...result, ...monitoringFromSeed(monitoring, own.alerts) };
}

function retryFromSeed(policy: NonNullable<Overlay["retryPolicy"]>): NonNullable<OwnFields["retry"]> {
  const entries = Object.entries(policy).map(([key, value]) => [RETRY_RENAMED[key as keyof typeof RETRY_RENAMED] ?? key, value]);
  return Object.fromEntries(entries) as NonNullable<OwnFields["retry"]>;
}

/** `alertOnFailure: true` is the alert rule `onFailure: true`. */
function monitoringFromSeed(monitoring: NonNullable<Overlay["monitoring"]>, alerts: unknown): Pick<OwnFields, "monitoring" | "alerts"> {
  const entries = Object.entries(monitoring);
  const rules = entries.filter(([key]) => key.startsWith("alertOn")).map(([key, value]) => [`on${key.slice("alertOn".length)}`, value]);
  const rest = Object.fromEntries(entries.filter(([key]) => !key.startsWith("alertOn"))) as NonNullable<OwnFields["monitoring"]>;
  return rules.length === 0
    ? { monitoring: rest }
    : { monitoring: rest, alerts: { ...Object.fromEntries(rules), ...(alerts as object | undefined) } };
}

/** Where both spellings of one field are set, or an `id` is not the job's. */
export function seedProblems(fields: Overlay, path: Path, job?: string): Finding[] {
  const found: Finding[] = RENAMED.filter(([seed, own]) => fields[seed] !== undefined && fields[own] !== undefined).map(([seed, own]) => ({
    path: [...path, seed],
    part: "key",
    message: `says the same as ${own}; keep one of the two`,
  }));
  const slug = fields.id?.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  if (job !== undefined && slug !== undefined && slug !== job) {
    found.push({
      path: [...path, "id"],
      part: "value",
      message: `${JSON.stringify(fields.id)} is not this job's name, ${JSON.stringify(job)}; take id out or rename the job`,
    });
  }
  return found;
}
