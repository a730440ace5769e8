import { JobctlError } from "../errors.ts";
import { readUserCrontab } from "../system/crontab.ts";
import { callTool, callToolWell, type ToolOptions } from "../system/tools.ts";
import { sleep } from "../system/wait.ts";
import { type BlockOwner, findBlock, withBlock } from "./crontab-table.ts";
import { type Step, TEXTS_ONLY, type TimerPlace, type TimerWork } from "./timer-place.ts";

/** The one text of ours in a crontab. */
export const CRONTAB_BLOCK = "crontab";

/** A block in the crontab of the calling user. Lines that are not ours are never changed. */
export function crontabPlace({ owner, user, tools }: { owner: BlockOwner; user: string; tools: ToolOptions }): TimerPlace {
  const where = `the crontab of ${user}`;
  const options = { ...tools, hint: "the package cron" };
  const change = async ({ changes }: TimerWork, isPutBack: boolean): Promise<void> => {
    const [block] = changes;
    if (block === undefined) return;
    const table = await readTable(options);
    const now = findBlock(table, owner, where).ours;
    const [from, to] = isPutBack ? [block.after, block.before] : [block.before, block.after];
    if (now !== from) {
      if (isPutBack) return;
      throw new JobctlError("try-later", `${where} was changed meanwhile; try again`);
    }
    await writeTable(withBlock(table, to, { owner, where }), table, options);
  };
  return {
    id: `crontab-${user}`,
    title: where,
    ...TEXTS_ONLY,
    async find() {
      const { ours, foreign } = findBlock(await readTable(options), owner, where);
      return [
        ...(ours === null ? [] : [{ name: CRONTAB_BLOCK, text: ours }]),
        ...(foreign === undefined ? [] : [{ name: "", text: "", foreign }]),
      ];
    },
    put: (work) => (work.changes.length === 0 ? [] : [{ name: "write the crontab", run: () => change(work, false) }]),
    activate: (work) => (work.changes.length === 0 ? [] : [noticed(options)]),
    async putBack(work) {
      await change(work, true);
      await noticed(options).run();
    },
  };
}

const readTable = async ({ env }: ToolOptions): Promise<string> => (await readUserCrontab(env)) ?? "";

/** crontab(1) replaces the whole table, so it is read once more, as late as can be. */
async function writeTable(table: string, base: string, options: ToolOptions): Promise<void> {
  if ((await readTable(options)) !== base) throw new JobctlError("try-later", "the crontab was changed meanwhile; try again");
  if (table === base) return;
  await callToolWell("crontab", ["-"], { ...options, input: table });
  if ((await readTable(options)) !== table) {
    throw new JobctlError("unavailable", "crontab took the table, but gives another one back: look at it with crontab -l");
  }
}

/**
 * Debian's cron compares whole seconds: a table that is installed in the very second in which it last looked is not noticed. It
 * looks once a minute, so it can't miss both this one and the one a second ago.
 */
function noticed(options: ToolOptions): Step {
  return {
    name: "make cron look again",
    async run() {
      await sleep(1100);
      const table = await readTable(options);
      // An empty table is put away last: its user had none before, or keeps nothing in it.
      if (table === "") await callTool("crontab", ["-r"], options);
      else await callToolWell("crontab", ["-"], { ...options, input: table });
    },
  };
}
