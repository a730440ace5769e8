import { expect, test } from "vitest";
import { renderFields, renderTable } from "../../src/output/table.ts";

const paint = (text: string) => `<${text}>`;
const COLUMNS = [
  { title: "ID", align: "right" as const },
  { title: "JOB", min: 6 },
  { title: "WHY", min: 8 },
];

test("aligns columns, numbers to the right, without blanks at a line's end", () => {
  expect(
    renderTable(COLUMNS, [
      ["1", "dump", "exit code 3"],
      ["12", "token-cleanup", ""],
    ]),
  ).toBe("ID  JOB            WHY\n 1  dump           exit code 3\n12  token-cleanup\n");
});

test("cuts what may be cut to the terminal's width, the rightmost first", () => {
  const rows = [["12", "token-cleanup", "the machine was restarted while it ran"]];
  expect(renderTable(COLUMNS, rows, { width: 40 })).toBe("ID  JOB            WHY\n12  token-cleanup  the machine was rest…\n");
  expect(renderTable(COLUMNS, rows, { width: 22 })).toBe("ID  JOB       WHY\n12  token-c…  the mac…\n");
});

test("counts wide characters as two and cuts between graphemes", () => {
  const rows = [["1", "日本語のジョブ", "👩‍👩‍👧 family"]];
  expect(renderTable(COLUMNS, rows)).toBe("ID  JOB             WHY\n 1  日本語のジョブ  👩‍👩‍👧 family\n");
  expect(renderTable(COLUMNS, rows, { width: 4 + 9 + 2 + 8 })).toBe("ID  JOB        WHY\n 1  日本語の…  👩‍👩‍👧 fami…\n");
});

test("leaves out columns that are empty in all rows", () => {
  expect(renderTable(COLUMNS, [["1", "dump", ""]])).toBe("ID  JOB\n 1  dump\n");
});

test("paints after it has cut and padded", () => {
  expect(
    renderTable(
      COLUMNS,
      [
        [
          { text: "1", paint },
          { text: "dump", paint },
          { text: "no", paint },
        ],
      ],
      { paintTitle: paint },
    ),
  ).toBe("<ID>  <JOB>   <WHY>\n <1>  <dump>  <no>\n");
});

test("lets no text of a job rule the terminal", () => {
  expect(renderTable(COLUMNS, [["1", "dump", "\x1b[2J\x1b[31mred\x07\nsecond\tline"]])).toBe("ID  JOB   WHY\n 1  dump  red second line\n");
});

test("puts values below each other, and the lines of one value too", () => {
  expect(
    renderFields(
      [
        ["job", "dump"],
        ["error", "Error: no\n    at x"],
      ],
      (text) => text,
    ),
  ).toBe("job    dump\nerror  Error: no\n           at x\n");
});
