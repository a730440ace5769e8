import type { Redirection } from "./simple-command.ts";

/**
 * The notes for redirections that a manifest does without: output to /dev/null, stderr to where stdout goes, input from
 * /dev/null. Undefined where there are none, or others too.
 */
export function readDiscards(redirections: readonly Redirection[]): string[] | undefined {
  if (redirections.length === 0 || !redirections.every(isDispensable)) return undefined;
  const discards = redirections.some(({ operator, target }) => target.text === "/dev/null" && operator !== "<");
  return discards ? ["its output went to /dev/null; jobctl keeps it in the run's log instead (jobctl logs)"] : [];
}

function isDispensable({ fd, operator, target }: Redirection): boolean {
  if (target.text === "/dev/null") return operator === "<" ? fd === "" || fd === "0" : ["", "1", "2"].includes(fd) && operator !== "<>";
  return operator === ">&" && fd === "2" && target.text === "1";
}

/** The files that a command writes its output to, for a remark: the run's log then has none of it. */
export function outputFiles(redirections: readonly Redirection[]): string[] {
  return redirections
    .filter(({ operator, target }) => /^(?:&?>>?|>\|)$/.test(operator) && target.text !== "/dev/null")
    .map(({ target }) => target.text);
}
