/** The version of this Node, and the edition of the time zone tables that it has inside; null for one built without. */
export function nodeVersions(): { node: string; zones: string | null } {
  return { node: process.versions.node, zones: process.versions["tz"] ?? null };
}
