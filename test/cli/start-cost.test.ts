import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ROOT, until, world, type World } from "../helpers/world.ts";

const COUNTING = `--require=${join(ROOT, "test/fixtures/count-first-uses.cjs")}`;

/** A manifest that is younger gets no compiled copy. */
const YOUNG_MS = 2000;

async function usedBy(w: World, ...args: string[]): Promise<{ code: number | null; used: string[] }> {
  const { code } = await w.jobctl(["run", ...args], { NODE_OPTIONS: COUNTING, USED: join(w.dir, "used.json") });
  return { code, used: JSON.parse(readFileSync(join(w.dir, "used.json"), "utf8")) as string[] };
}

// The first use of each pattern is a two hundredth of a start, and that of a date too: nothing but the bench would show that they came back.
describe("a start of which nothing special is asked", () => {
  it("uses no pattern and makes no date, whether it runs a command or a module, or skips", async () => {
    const w = world(`
      command: { command: ["true"], timeout: 1m, retry: { maxRetries: 2 } }
      module: { uses: ./job.mjs }
      held: { command: [sleep, "60"] }
    `);
    w.write("job.mjs", "export default { description: 'does nothing', run() {} };\n");
    await sleep(YOUNG_MS + 100);
    expect(await usedBy(w, "command")).toMatchObject({ code: 0, used: expect.arrayContaining([expect.stringContaining("/")]) });
    expect(await usedBy(w, "command")).toEqual({ code: 0, used: [] });
    expect(await usedBy(w, "module")).toEqual({ code: 0, used: [] });
    const holder = w.start(["run", "held"]);
    await until(() => w.exists("state/locks/held.lock") && w.read("state/locks/held.lock").includes('"child"'), "the holder's child");
    expect(await usedBy(w, "held")).toEqual({ code: 75, used: [] });
    holder.child.kill();
    await holder.ended;
  });
});
