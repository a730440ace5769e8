import { columnOf, conjuncts, isNode, isOnly, nameOf, type Node, nodes, unwrapped } from "./nodes.ts";
import { isGuarded, type Relation, type Scope } from "./tenancy.ts";

/** What a query reads from: a relation of the catalogue, or something derived in the query itself, which is checked where it is made. */
export interface Source {
  alias: string;
  relation: Relation | undefined;
  /** Its rows are known to be the organization's. */
  bound: boolean;
}

/** A condition, and the sources whose rows it keeps out where it does not hold. */
interface Condition {
  node: Node;
  limits(source: Source): boolean;
}

/** Marks the sources that the query's conditions keep to the organization: each by its own column, by a reference to one that is kept to it, or by a subquery. */
export function bindSources(query: Node, level: readonly Source[], outer: readonly Source[], scope: Scope): void {
  const conditions = conditionsOf(query, level);
  for (let found = true; found;) {
    found = false;
    for (const source of level) {
      if (source.bound || !conditions.some(({ node, limits }) => limits(source) && binds(node, source, { level, outer, scope }))) continue;
      source.bound = true;
      found = true;
    }
  }
}

/** An inner join's condition limits all; a left join's only what is joined; those of other joins no side for sure. */
function conditionsOf(query: Node, level: readonly Source[]): Condition[] {
  const where = conjuncts((query["where"] as Node | undefined)?.["where"]).map((node) => ({ node, limits: () => true }));
  const joined = nodes(query["joins"]).flatMap((join) => {
    const type = String(join["joinType"]);
    const alias = aliasOf(join["table"]);
    const limits = (source: Source): boolean => type.endsWith("InnerJoin") || (type.endsWith("LeftJoin") && source.alias === alias);
    return conjuncts((join["on"] as Node | undefined)?.["on"]).map((node) => ({ node, limits }));
  });
  // A right or full join also gives rows of one side for which no condition of another join holds.
  const isLoose = nodes(query["joins"]).some(({ joinType }) => /^(?:Right|Full)Join$/.test(String(joinType)));
  return isLoose || level.length === 0 ? where : [...where, ...joined];
}

/** The name under which a table is known in its query. */
export function aliasOf(node: unknown): string {
  return isNode(node) && node.kind === "AliasNode" ? (nameOf(node["alias"]) ?? "") : (nameOf(node) ?? "");
}

interface Around {
  level: readonly Source[];
  outer: readonly Source[];
  scope: Scope;
}

function binds(condition: Node, source: Source, around: Around): boolean {
  if (condition.kind !== "BinaryOperationNode") return false;
  const operator = String((condition["operator"] as Node)["operator"]);
  const { leftOperand: left, rightOperand: right } = condition;
  if (operator === "in") return bindsBy(left, right, source, around);
  if (operator !== "=" && operator !== "==") return false;
  return bindsBy(left, right, source, around) || bindsBy(right, left, source, around);
}

function bindsBy(side: unknown, other: unknown, source: Source, around: Around): boolean {
  const column = columnOf(side);
  const { relation } = source;
  if (!column || !relation || find(column, around) !== source) return false;
  if (relation.own !== undefined) {
    return column.column === relation.own && (isOnly(other, around.scope.organization) || isOwnColumn(other, source, around));
  }
  return relation.links.some((link) => link.column === column.column && (isKey(other, link, source, around) || selects(other, link)));
}

/** The column by which another source is kept to the organization. */
function isOwnColumn(value: unknown, source: Source, around: Around): boolean {
  const column = columnOf(value);
  const other = column && find(column, around);
  return other !== undefined && other !== source && other.bound && other.relation?.own === column?.column;
}

/** The key of a source that is kept to the organization. */
function isKey(value: unknown, { table, key }: { table: string; key: string }, source: Source, around: Around): boolean {
  const column = columnOf(value);
  const other = column && find(column, around);
  return other !== undefined && other !== source && other.bound && other.relation?.name.toLowerCase() === table && column?.column === key;
}

/** A subquery that gives keys of that table; as every query it is checked itself. */
function selects(value: unknown, { table, key }: { table: string; key: string }): boolean {
  const query = unwrapped(value);
  if (query?.kind !== "SelectQueryNode" || query["setOperations"] !== undefined || query["with"] !== undefined) return false;
  const [selection, ...more] = nodes(query["selections"]);
  const column = columnOf(selection?.["selection"]);
  const froms = nodes((query["from"] as Node | undefined)?.["froms"]);
  if (!column || more.length > 0 || column.column !== key) return false;
  const tables = [...froms, ...nodes(query["joins"]).map((join) => join["table"])];
  const named = tables.filter((each) => column.table === undefined || aliasOf(each) === column.table);
  const [only] = named;
  return named.length === 1 && isNode(only) && nameOf(only.kind === "AliasNode" ? only["node"] : only) === table;
}

/** Whose column that is: of the query's own sources first, as in SQL. */
function find({ table, column }: { table: string | undefined; column: string }, { level, outer }: Around): Source | undefined {
  for (const sources of [level, outer]) {
    const found = sources.filter(({ alias, relation }) => (table === undefined ? relation?.columns.has(column) : alias === table));
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

export const isLoose = ({ relation, bound }: Source): boolean => relation !== undefined && isGuarded(relation) && !bound;
