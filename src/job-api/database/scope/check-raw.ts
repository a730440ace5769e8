import { type Guard, refused } from "./guard.ts";
import { nameOf, type Node, nodes } from "./nodes.ts";
import { isGuarded } from "./tenancy.ts";

/**
 * A piece of raw SQL within a query may say what the builder has no word for, but name no table, hold no query, and not reach
 * out of its place: an OR without parentheses would set aside the conditions beside it.
 */
export function checkRaw(raw: Node, { scope, tenancy }: Guard): void {
  const text = textOf(raw).replaceAll(/'(?:[^']|'')*'/g, literal);
  const problem = /\b(?:select|table)\b/i.test(text) ? "holds a query" : reachesOut(text) ? "needs parentheses around it" : undefined;
  if (problem) throw refused(scope, `raw SQL in it ${problem}: ${text.trim().slice(0, 120)}`);
  for (const [word] of text.toLowerCase().matchAll(/[\w$]+(?!\s*\.|[\w$])/g)) {
    const relation = tenancy.get(word);
    if (relation && isGuarded(relation))
      throw refused(scope, `raw SQL in it names the table ${relation.name}: ${text.trim().slice(0, 120)}`);
  }
}

/** With the names that were put in; what else was put in is checked where it stands in the tree. */
function textOf(raw: Node): string {
  const parameters = nodes(raw["parameters"]);
  const names = parameters.map((node) => (node.kind === "TableNode" || node.kind === "IdentifierNode" ? (nameOf(node) ?? "") : " ? "));
  return (raw["sqlFragments"] as string[]).map((fragment, index) => `${fragment}${names[index] ?? ""}`).join("");
}

/** A literal that holds a query may be run by a function. */
const literal = (text: string): string => (/\b(?:select|table)\b/i.test(text) ? text : "''");

function reachesOut(text: string): boolean {
  if (/--|\/\*|;/.test(text)) return true;
  let depth = 0;
  for (const [token] of text.matchAll(/[()]|\b\w+\b/g)) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    if (depth < 0 || (depth === 0 && token.toLowerCase() === "or")) return true;
  }
  return depth !== 0;
}
