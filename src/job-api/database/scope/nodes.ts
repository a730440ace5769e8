/** A node of Kysely's operation tree, read without its types: the walk looks at every kind. */
export interface Node {
  kind: string;
  [part: string]: unknown;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).kind === "string";

export const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Every node directly below. */
export const childrenOf = (node: Node): Node[] => Object.values(node).flatMap((part) => (isNode(part) ? [part] : nodes(part)));

/** The text of an identifier, in small letters; of a table its last name. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.kind === "IdentifierNode") return String(node["name"]).toLowerCase();
  return nameOf(node["identifier"] ?? node["column"] ?? node["table"]);
}

export function unwrapped(node: unknown): Node | undefined {
  if (!isNode(node)) return undefined;
  return node.kind === "ParensNode" ? unwrapped(node["node"]) : node;
}

/** The conditions that must all hold. */
export function conjuncts(condition: unknown): Node[] {
  const node = unwrapped(condition);
  if (!node) return [];
  return node.kind === "AndNode" ? [...conjuncts(node["left"]), ...conjuncts(node["right"])] : [node];
}

/** A column as it is written: with its table's name or alias, or without. */
export function columnOf(value: unknown): { table: string | undefined; column: string } | undefined {
  const node = unwrapped(value);
  if (node?.kind === "ColumnNode") return { table: undefined, column: nameOf(node) ?? "" };
  if (node?.kind !== "ReferenceNode" || (node["column"] as Node).kind !== "ColumnNode") return undefined;
  return { table: nameOf(node["table"]), column: nameOf(node["column"]) ?? "" };
}

/** Is this nothing but the value given, as a value, a list or a row of a list? */
export function isOnly(value: unknown, expected: string): boolean {
  const node = unwrapped(value);
  if (node?.kind === "ValueNode") return isSame(node["value"], expected);
  if (node?.kind !== "PrimitiveValueListNode" && node?.kind !== "ValueListNode") return false;
  const values = node["values"] as unknown[];
  return values.length > 0 && values.every((each) => (isNode(each) ? isOnly(each, expected) : isSame(each, expected)));
}

export const isSame = (value: unknown, expected: string): boolean =>
  (typeof value === "string" || typeof value === "number" || typeof value === "bigint") && String(value) === expected;
