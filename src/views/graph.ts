import type { Job, Need } from "../job.ts";

/** A job with what it needs and what needs it: one element of `graph --json`, durations in milliseconds. */
export interface GraphNode {
  name: string;
  enabled: boolean;
  needs: Need[];
  /** Names, in the manifest's order. */
  neededBy: string[];
}

/** The jobs that need others or are needed, in the manifest's order; with `job`, those that it depends on or that depend on it. */
export function jobGraph(jobs: readonly Pick<Job, "name" | "enabled" | "needs">[], job?: string): GraphNode[] {
  const nodes = jobs.map(({ name, enabled, needs }) => ({
    name,
    enabled,
    needs,
    neededBy: jobs.filter((other) => other.needs.some((need) => need.job === name)).map((other) => other.name),
  }));
  if (job === undefined) return nodes.filter(isConnected);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const wanted = new Set([
    ...reach(job, (name) => byName.get(name)?.needs.map((need) => need.job) ?? []),
    ...reach(job, (name) => byName.get(name)?.neededBy ?? []),
  ]);
  return nodes
    .filter(({ name }) => wanted.has(name))
    .map(({ name, enabled, needs, neededBy }) => ({
      name,
      enabled,
      needs: needs.filter((need) => wanted.has(need.job)),
      neededBy: neededBy.filter((each) => wanted.has(each)),
    }));
}

const isConnected = ({ needs, neededBy }: GraphNode): boolean => needs.length > 0 || neededBy.length > 0;

function reach(from: string, next: (name: string) => string[]): Set<string> {
  const found = new Set([from]);
  for (const name of found) for (const each of next(name)) found.add(each);
  return found;
}
