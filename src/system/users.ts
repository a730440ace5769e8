import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** The calling user's name. */
export function callerName(): string {
  return userInfo().username;
}

/** The home folders of this host's users, by name, after passwd(5). */
export function homeFolders(): ReadonlyMap<string, string> {
  const homes = new Map<string, string>();
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name, , , , , home] = line.split(":");
    if (name && home?.startsWith("/")) homes.set(name, home);
  }
  return homes;
}
