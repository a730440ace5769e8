import { ago, type JobContext } from "jobctl";

export interface SignParams {
  window: number;
  failedLogins: number;
  addresses: number;
  adminGrants: number;
  failedMfa: number;
  loginActions: string[];
  mfaActions: string[];
  roleActions: string[];
}

/** A pattern in the audit log that may be an attack. */
export interface Sign {
  type: string;
  severity: "medium" | "high";
  /** The address, the user's id, or the organization's. */
  subject: string;
  organization: string | null;
  found: string;
  amount: number;
}

type Context = JobContext<SignParams>;

/** Every pattern of the window, in a stable order. */
export async function findSigns(context: Context): Promise<Sign[]> {
  return [
    ...(await failedLogins(context)),
    ...(await manyAddresses(context)),
    ...(await adminGrants(context)),
    ...(await failedMfa(context)),
  ];
}

/** The fields of a JSON text that others may have written. */
export function fields(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

async function failedLogins(context: Context): Promise<Sign[]> {
  const { loginActions, failedLogins: least } = context.params;
  const rows = await grouped(context, "ip_address")
    .where(failed(context, loginActions))
    .having(({ fn }) => fn.countAll(), ">=", least)
    .execute();
  return rows.map(toSign({ type: "failed-logins", severity: "high", found: "failed logins from one address" }));
}

async function failedMfa(context: Context): Promise<Sign[]> {
  const { mfaActions, failedMfa: least } = context.params;
  const rows = await grouped(context, "user_id")
    .where(failed(context, mfaActions))
    .having(({ fn }) => fn.countAll(), ">=", least)
    .execute();
  return rows.map(toSign({ type: "failed-mfa", severity: "high", found: "failed second factors of one user" }));
}

async function manyAddresses(context: Context): Promise<Sign[]> {
  const rows = await grouped(context, "user_id")
    .select(({ fn }) => fn.count<number>("ip_address").distinct().as("amount"))
    .having(({ fn }) => fn.count("ip_address").distinct(), ">=", context.params.addresses)
    .execute();
  return rows.map(toSign({ type: "many-addresses", severity: "medium", found: "addresses of one user" }));
}

/** Which role was given is in the metadata, which two databases read in two ways: so it is read here. */
async function adminGrants(context: Context): Promise<Sign[]> {
  const { roleActions, adminGrants: most } = context.params;
  if (roleActions.length === 0) return [];
  const rows = await inWindow(context)
    .select(["organization_id as organization", "metadata"])
    .where("action", "in", roleActions)
    .where("status", "=", "success")
    .execute();
  const grants = rows.filter(({ metadata }) => isAdminGrant(metadata));
  return [...Map.groupBy(grants, ({ organization }) => organization)]
    .filter(([, { length }]) => length > most)
    .map(([organization, { length: amount }]) => ({
      type: "admin-grants",
      severity: "high",
      subject: organization ?? "no organization",
      organization,
      found: "grants of the admin role",
      amount,
    }));
}

function isAdminGrant(metadata: string | null): boolean {
  const { role, newRole, new_role: newRoleToo, to } = fields(metadata);
  return (newRole ?? newRoleToo ?? to ?? role) === "admin";
}

function inWindow({ db, now, params }: Context) {
  return db
    .selectFrom("audit_logs")
    .where("created_at", ">=", ago(now, params.window).toISOString())
    .where("created_at", "<=", now.toISOString());
}

/** The organization is told where all rows of a group are of the same one. */
function grouped(context: Context, column: "ip_address" | "user_id") {
  const { sql } = context;
  return inWindow(context)
    .select(({ ref, fn }) => [
      ref(column).$notNull().as("subject"),
      fn.countAll<number>().as("rows"),
      sql<
        string | null
      >`CASE WHEN count(organization_id) = count(*) AND min(organization_id) = max(organization_id) THEN min(organization_id) END`.as(
        "organization",
      ),
    ])
    .where(column, "is not", null)
    .groupBy(column)
    .orderBy(column);
}

function failed({ sql }: Context, actions: string[]) {
  if (actions.length === 0) return sql<boolean>`1 = 0`;
  return sql<boolean>`action IN (${sql.join(actions)}) AND (status = 'failure' OR action LIKE '%.failed')`;
}

function toSign(kind: Pick<Sign, "type" | "severity" | "found">) {
  return ({
    subject,
    organization,
    rows,
    amount = rows,
  }: {
    subject: string;
    organization: string | null;
    rows: number;
    amount?: number;
  }): Sign => ({
    ...kind,
    subject,
    organization,
    amount: Number(amount),
  });
}
