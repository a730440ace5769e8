import type { Prepare } from "../contest.ts";
import { generateHistory } from "../generate-history.ts";
import { cpuAndWall, type Row } from "../rows.ts";

/** The budget is for what history adds: what commander costs any command, `--version` too, is taken off. */
export const history: Prepare = (arena, { rows }) => {
  const manifest = arena.write("history/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n  work:\n    command: [/bin/true]\n`);
  arena.once("run", "--manifest", manifest, "work");
  generateHistory(arena.path("history/state/history.db"), rows);
  const failed = { name: `history --failed of ${rows} rows`, script: arena.jobctl("history", "--manifest", manifest, "--failed") };
  const version = { name: "jobctl --version (commander's own cost)", script: arena.jobctl("--version") };
  return {
    contestants: [failed, version],
    rows(of) {
      const [whole, own] = [of(failed), of(version)];
      const beside = (part: "cpu" | "wall"): Row => ({
        what: `${failed.name}, beside commander's cost: ${part === "cpu" ? "CPU" : "wall"}`,
        unit: "x",
        must: 1.15,
        aim: 1.1,
        measured: whole[part] - own[part] + 1,
      });
      return [beside("cpu"), beside("wall"), ...cpuAndWall(whole), ...cpuAndWall(own)];
    },
  };
};
