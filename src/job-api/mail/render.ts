import { escapeHtml } from "../escape-html.ts";

/** A part of a mail: a paragraph, a list, names with values, or a link. */
export type MailBlock =
  string | { items: readonly string[] } | { facts: Readonly<Record<string, string | number>> } | { link: string; label: string };

/** The two parts of one mail. Both are made from the same blocks, so that they say the same; in HTML every text is escaped. */
export function renderMail(title: string, blocks: readonly MailBlock[], footer?: string): { text: string; html: string } {
  return { text: renderText(title, blocks, footer), html: renderHtml(title, blocks, footer) };
}

/** One line without control characters: for subjects and names, where a line break would begin another header. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

function renderText(title: string, blocks: readonly MailBlock[], footer: string | undefined): string {
  const parts = [title, ...blocks.map(textBlock), ...(footer ? [`-- \n${footer}`] : [])];
  return `${parts.join("\n\n")}\n`;
}

function textBlock(block: MailBlock): string {
  if (typeof block === "string") return block;
  if ("items" in block) return block.items.map((item) => `- ${item}`).join("\n");
  if ("link" in block) return `${block.label}: ${block.link}`;
  return Object.entries(block.facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

/** Styles are inline, since mail programs drop the rest; colours are the reader's own, light or dark. */
function renderHtml(title: string, blocks: readonly MailBlock[], footer: string | undefined): string {
  const parts = [`<h1 style="font-size:1.3em;margin:0 0 1em">${escapeHtml(title)}</h1>`, ...blocks.map(htmlBlock)];
  if (footer) parts.push(`<p style="margin:2em 0 0;font-size:.85em;opacity:.7">${lines(footer)}</p>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title></head>
<body style="font-family:sans-serif;line-height:1.5;max-width:36em;margin:0 auto;padding:1em">
${parts.join("\n")}
</body>
</html>
`;
}

function htmlBlock(block: MailBlock): string {
  if (typeof block === "string") return `<p>${lines(block)}</p>`;
  if ("items" in block) return `<ul>\n${block.items.map((item) => `<li>${lines(item)}</li>`).join("\n")}\n</ul>`;
  if ("link" in block) return `<p>${linked(block)}</p>`;
  const rows = Object.entries(block.facts).map(
    ([name, value]) =>
      `<tr><th scope="row" style="text-align:left;padding:0 1em .3em 0">${escapeHtml(name)}</th><td>${escapeHtml(String(value))}</td></tr>`,
  );
  return `<table>\n${rows.join("\n")}\n</table>`;
}

/** Only web and mail addresses become links: a text from the database must not become a script. */
function linked({ link, label }: { link: string; label: string }): string {
  if (!/^(https?|mailto):/i.test(link)) return `${escapeHtml(label)}: ${escapeHtml(link)}`;
  return `<a href="${escapeHtml(link)}">${escapeHtml(label)}</a>`;
}

function lines(text: string): string {
  return escapeHtml(text).replaceAll("\n", "<br>\n");
}
