/** The page's style sheet. Contrast of text is at least 4.5 in both schemes (WCAG 2.2, 1.4.3). */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --text: #17202e; --muted: #566275; --line: #dfe3e9;
  --good: #2f6fd0; --bad: #d9622b; --link: #1f57ad; --warn: #a33a10; --fine: #1c6b45; --tint: #e9effa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151d; --card: #19202b; --text: #e9edf3; --muted: #a3afc0; --line: #2f3947;
    --good: #6ea3f5; --bad: #f2935f; --link: #8db8ff; --warn: #ffab82; --fine: #7fd3a6; --tint: #22304a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
.sheet { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
header { margin-bottom: 1.75rem; }
.kind { margin: 0; font-size: .8125rem; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; color: var(--link); }
h1 { margin: .15rem 0 .5rem; font-size: clamp(1.6rem, 5vw, 2.35rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance; }
.lead { margin: 0; max-width: 44rem; font-size: 1.0625rem; color: var(--muted); text-wrap: pretty; }
.lead strong { color: var(--text); font-weight: 600; }
h2 { margin: 0 0 .9rem; font-size: 1.0625rem; letter-spacing: -.01em; }
section { margin-top: 1.25rem; padding: 1.25rem 1.4rem 1.4rem; background: var(--card); border: 1px solid var(--line); border-radius: .85rem; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .85rem; margin: 0; }
.tile { margin: 0; padding: .95rem 1.1rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .85rem; }
.tile dt { font-size: .875rem; color: var(--muted); }
.tile dd { margin: 0; }
.tile .value { font-size: 1.75rem; font-weight: 650; line-height: 1.25; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile .change { font-size: .8125rem; color: var(--muted); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0 0 .6rem; padding: 0; list-style: none; font-size: .875rem; color: var(--muted); }
.legend li::before { content: ""; display: inline-block; width: .7rem; height: .7rem; margin-right: .45rem; border-radius: .2rem; background: var(--swatch); -webkit-print-color-adjust: exact; print-color-adjust: exact; }
figure { margin: 0; }
.chart svg { display: block; width: 100%; height: auto; }
.chart .narrow { display: none; }
details { margin-top: .75rem; font-size: .9375rem; }
summary { width: fit-content; padding: .15rem 0; color: var(--muted); cursor: pointer; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--good); outline-offset: 3px; border-radius: .2rem; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: .5rem; text-align: left; font-size: .875rem; color: var(--muted); }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
tr > :last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: .8125rem; font-weight: 600; color: var(--muted); white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.bar { display: block; height: .3rem; margin-top: .3rem; border-radius: .15rem; background: var(--tint); -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.bar > i { display: block; height: 100%; border-radius: inherit; background: var(--good); }
.fine { color: var(--fine); font-weight: 600; }
.warn { color: var(--warn); font-weight: 600; }

.note { margin: .75rem 0 0; font-size: .875rem; color: var(--muted); }
footer { margin-top: 1.75rem; font-size: .875rem; color: var(--muted); overflow-wrap: anywhere; }
a { color: var(--link); }
@media (max-width: 40rem) {
  .sheet { padding: 1.5rem .9rem 2rem; }
  section { padding: 1rem 1rem 1.1rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
  .tile { padding: .75rem .85rem .8rem; }
  .tile .value { font-size: 1.5rem; }
  .chart .wide { display: none; }
  .chart .narrow { display: block; }
  th, td { padding-right: .65rem; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --text: #000; --muted: #444; --line: #ccc;
    --good: #2f6fd0; --bad: #d9622b; --link: #1f57ad; --warn: #a33a10; --fine: #1c6b45; --tint: #e9effa;
  }
  @page { margin: 14mm; }
  body { font-size: 10pt; }
  .sheet { max-width: none; padding: 0; }
  section, .tile { break-inside: avoid; border-radius: 0; }
  section.long { break-inside: auto; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }

  .chart .wide { display: block; }
  .chart .narrow, details { display: none; }
}
`;
