import { aliasOf, bindSources, isLoose, type Source } from "./bindings.ts";
import { checkInsert, checkUpdates } from "./check-writes.ts";
import { checkRaw } from "./check-raw.ts";
import { type Guard, refused } from "./guard.ts";
import { childrenOf, isNode, nameOf, type Node, nodes } from "./nodes.ts";
import { isGuarded, type Relation } from "./tenancy.ts";

const QUERIES = new Set(["SelectQueryNode", "InsertQueryNode", "UpdateQueryNode", "DeleteQueryNode"]);

/**
 * Refuses a query that could read or change what is not the organization's: every table that belongs to organizations must be kept
 * to this one by a condition that always holds. What can't be seen to be so is refused. Throws JobctlError (config).
 * It guards against mistakes, as one forgotten `where`; what a written row refers to is not looked up.
 */
export function checkQuery(root: Node, guard: Guard): void {
  if (!QUERIES.has(root.kind)) {
    const what = root.kind === "RawNode" ? "raw SQL" : root.kind.replace(/Node$/, "");
    throw refused(guard.scope, `${what} can't be checked; use the query builder's select, insert, update and delete`);
  }
  checkOne(root, { guard, outer: [], derived: new Set() });
}

interface Around {
  guard: Guard;
  /** What the queries around this one read from. */
  outer: readonly Source[];
  /** The names of common table expressions. */
  derived: ReadonlySet<string>;
}

function checkOne(query: Node, around: Around): void {
  const { guard, outer } = around;
  const derived = checkCommonTables(query, around);
  const here = { ...around, derived };
  const level = tablesOf(query).map((table) => sourceOf(table, here));
  bindSources(query, level, outer, guard.scope);
  for (const source of level) if (isLoose(source)) throw refused(guard.scope, forgotten(source, query, guard));
  if (query.kind === "UpdateQueryNode") checkUpdates(nodes(query["updates"]), level[0], guard.scope);
  if (query.kind === "InsertQueryNode") {
    const into = sourceOf(query["into"], here);
    checkInsert(query, into, guard.scope);
  }
  for (const [part, value] of Object.entries(query)) {
    if (part === "with") continue;
    for (const child of isNode(value) ? [value] : nodes(value)) walk(child, { guard, outer: [...level, ...outer], derived });
  }
}

/** Each may read those before it, and with `recursive` itself. */
function checkCommonTables(query: Node, around: Around): ReadonlySet<string> {
  const derived = new Set(around.derived);
  const list = query["with"] as Node | undefined;
  for (const each of nodes(list?.["expressions"])) {
    const name = nameOf(each["name"]) ?? "";
    if (list?.["recursive"] === true) derived.add(name);
    if (isNode(each["expression"])) walk(each["expression"], { ...around, derived: new Set(derived) });
    derived.add(name);
  }
  return derived;
}

/** Everything that a query reads rows from. */
function tablesOf(query: Node): unknown[] {
  const { table } = query;
  const target = isNode(table) ? (table.kind === "ListNode" ? nodes(table["items"]) : [table]) : [];
  const from = nodes((query["from"] as Node | undefined)?.["froms"]);
  const using = nodes((query["using"] as Node | undefined)?.["tables"]);
  return [...target, ...from, ...using, ...nodes(query["joins"]).map((join) => join["table"])];
}

function sourceOf(table: unknown, { guard, derived }: Around): Source {
  const alias = aliasOf(table);
  const inner = isNode(table) && table.kind === "AliasNode" ? table["node"] : table;
  if (!isNode(inner) || inner.kind !== "TableNode") return { alias, relation: undefined, bound: false };
  const name = nameOf(inner) ?? "";
  const hasSchema = (inner["table"] as Node)["schema"] !== undefined;
  if (derived.has(name) && !hasSchema) return { alias, relation: undefined, bound: false };
  return { alias, relation: relationOf(name, guard), bound: false };
}

function relationOf(name: string, { tenancy, scope }: Guard): Relation {
  const relation = tenancy.get(name);
  if (!relation) throw refused(scope, `the database has no table "${name}"`);
  if (relation.isView && !isGuarded(relation)) {
    throw refused(scope, `whose rows the view ${relation.name} shows can't be seen; give it the column ${scope.column}`);
  }
  return relation;
}

function walk(node: Node, around: Around): void {
  if (QUERIES.has(node.kind)) return checkOne(node, around);
  if (/^(?:Create|Alter|Drop|Merge|Refresh)/.test(node.kind)) throw refused(around.guard.scope, `${node.kind} can't be checked`);
  if (node.kind === "RawNode") checkRaw(node, around.guard);
  for (const child of childrenOf(node)) walk(child, around);
}

function forgotten({ alias, relation }: Source, { kind }: Node, { tenancy, scope }: Guard): string {
  const {
    name,
    own,
    links: [link],
  } = relation as Relation;
  const verb = { UpdateQueryNode: "changes", DeleteQueryNode: "deletes from" }[kind] ?? "reads";
  if (own !== undefined) return `it ${verb} ${name} whosever they are; add .where("${alias}.${own}", "=", organization)`;
  const target = tenancy.get(link?.table ?? "");
  const how = `${alias}.${link?.column} must be the ${link?.key} of ${target?.name} that are the organization's`;
  return `it ${verb} ${name} whosever they are; they belong to organizations by ${link?.column}: join ${target?.name}, or use a subquery (${how}, by ${scope.column})`;
}
