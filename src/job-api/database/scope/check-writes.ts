import { refused } from "./guard.ts";
import { bindSources, type Source } from "./bindings.ts";
import { columnOf, isNode, isOnly, isSame, nameOf, type Node, nodes, unwrapped } from "./nodes.ts";
import { isGuarded, type Scope } from "./tenancy.ts";

/** A row is not given away. */
export function checkUpdates(updates: readonly Node[], target: Source | undefined, scope: Scope): void {
  const own = target?.relation?.own;
  for (const { column, value } of updates) {
    const name = columnOf(column)?.column ?? nameOf(column);
    if (own === undefined || name !== own || isOnly(value, scope.organization)) continue;
    throw refused(scope, `it would give rows of ${target?.relation?.name} to another organization (${own})`);
  }
}

/** Every row that is inserted is the organization's, and no row of another is changed by a conflict. */
export function checkInsert(insert: Node, into: Source, scope: Scope): void {
  const { relation } = into;
  if (!relation || !isGuarded(relation)) return;
  const { own, name } = relation;
  if (insert["replace"] === true || insert["onDuplicateKey"] !== undefined || isReplacing(insert["orAction"])) {
    throw refused(scope, `replacing rows of ${name} might replace another organization's; use onConflict with a condition`);
  }
  if (own !== undefined && !ownValues(insert, own).every((value) => isOrganization(value, scope))) {
    throw refused(scope, `rows inserted into ${name} need ${own} with the value ${JSON.stringify(scope.organization)}`);
  }
  checkConflict(insert["onConflict"], into, scope);
}

const isReplacing = (action: unknown): boolean => isNode(action) && action["action"] !== "ignore";

function checkConflict(conflict: unknown, into: Source, scope: Scope): void {
  const updates = isNode(conflict) ? nodes(conflict["updates"]) : [];
  if (!isNode(conflict) || updates.length === 0) return;
  const target: Source = { ...into, bound: false };
  bindSources({ kind: "OnConflictNode", where: conflict["updateWhere"] }, [target], [], scope);
  if (!target.bound) {
    throw refused(
      scope,
      `a conflict in ${into.relation?.name} might change another organization's row; add .where("${into.alias}.${into.relation?.own ?? scope.column}", "=", organization) to doUpdateSet`,
    );
  }
  checkUpdates(updates, into, scope);
}

/** What each row has in that column; undefined where it has nothing there, or nothing that can be seen. */
function ownValues(insert: Node, own: string): unknown[] {
  const index = nodes(insert["columns"]).findIndex((column) => nameOf(column) === own);
  const values = unwrapped(insert["values"]);
  if (index < 0 || !values) return [undefined];
  if (values.kind === "ValuesNode") return nodes(values["values"]).map((row) => (row["values"] as unknown[])[index]);
  if (values.kind !== "SelectQueryNode" || values["setOperations"] !== undefined) return [undefined];
  const selection = nodes(values["selections"])[index]?.["selection"];
  return [isNode(selection) && selection.kind === "AliasNode" ? selection["node"] : selection];
}

const isOrganization = (value: unknown, { organization }: Scope): boolean =>
  isNode(value) ? isOnly(value, organization) : isSame(value, organization);
