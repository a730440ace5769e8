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

test("leaves out what may be left out where the terminal is too narrow, and then tells each row in lines of its own", () => {
  const columns = [
    { title: "ID", align: "right" as const },
    { title: "JOB" },
    { title: "AGE", spare: true as const },
    { title: "TOOK", spare: true as const },
    { title: "WHY", min: 8 },
  ];
  const rows = [
    ["12", { text: "token-cleanup", paint }, "3m ago", "12ms", "the machine was restarted"],
    ["3", "dump", "1h ago", "", ""],
  ];
  const shown = (width: number) => renderTable(columns, rows, { width, paintTitle: paint }).replaceAll(/[<>]/g, "");
  expect(shown(41)).toBe("ID  JOB            AGE     TOOK  WHY\n12  token-cleanup  3m ago  12ms  the mac…\n 3  dump           1h ago\n");
  expect(shown(36)).toBe("ID  JOB            AGE     WHY\n12  token-cleanup  3m ago  the mach…\n 3  dump           1h ago\n");
  expect(shown(28)).toBe("ID  JOB            WHY\n12  token-cleanup  the mach…\n 3  dump\n");
  expect(shown(26)).toBe(
    "12  token-cleanup\n  age   3m ago\n  took  12ms\n  why   the machine was\n        restarted\n\n3  dump\n  age  1h ago\n",
  );
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

test("breaks values between words where the terminal is too narrow, but no word", () => {
  const fields = [["log", "/var/lib/jobctl/logs/x.log is no longer there"]] as const;
  expect(renderFields(fields, (text) => text, 20)).toBe("log  /var/lib/jobctl/logs/x.log\n     is no longer\n     there\n");
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
