import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { type BrowserContext, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Browser {
  open(file: string, look: { width: number; height?: number; colorScheme?: "light" | "dark" }): Promise<LookedAt>;
  close(): Promise<void>;
}

/** A page that is open, and what it complained about. */
export interface LookedAt {
  page: Page;
  /** Console errors, uncaught errors, and every request beside the file's own. */
  complaints: string[];
  /** Violations that axe-core calls serious or critical. */
  axe(): Promise<string[]>;
  /** Pixels that the page is wider than its window. */
  overflow(): Promise<number>;
}

/** Headless Chromium, which the test set-up installs where it can. Undefined, said aloud, where there is none. */
export async function startBrowser(): Promise<Browser | undefined> {
  if (!existsSync(CHROMIUM)) {
    console.warn(`LEFT OUT: there is no ${CHROMIUM}, so nobody looks at the report; install chromium, or run the tests as root`);
    return undefined;
  }
  const profile = mkdtempSync(join(tmpdir(), "jobctl-chromium-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, headless: true, args: FLAGS });
  return {
    open: async (file, look) => openFile(context, file, look),
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function openFile(context: BrowserContext, file: string, look: Parameters<Browser["open"]>[1]): Promise<LookedAt> {
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const complaints: string[] = [];
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => void (/^(data:|file:)/.test(request.url()) || complaints.push(`asked for ${request.url()}`)));
  await page.setViewportSize({ width: look.width, height: look.height ?? 900 });
  await page.emulateMedia({ colorScheme: look.colorScheme ?? "light" });
  await page.goto(url);
  return {
    page,
    complaints,
    axe: async () => violations(page),
    overflow: async () => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
  };
}

/** The page forbids scripts to itself; those of the browser's driver are not the page's. */
async function violations(page: Page): Promise<string[]> {
  const found: { impact: string; id: string; nodes: { html: string }[] }[] = await page.evaluate(
    `${axe.source}; axe.run(document).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) })))`,
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}
