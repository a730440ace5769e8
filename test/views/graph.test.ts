import { describe, expect, it } from "vitest";
import { renderGraph, renderMermaid } from "../../src/output/graph.ts";
import { PLAIN } from "../../src/output/looks.ts";
import { jobGraph } from "../../src/views/graph.ts";

const need = (job: string, wait = 0) => ({ job, within: 3_600_000, wait });
const jobs = [
  { name: "report", enabled: true, needs: [need("clean"), need("load", 60_000)] },
  { name: "clean", enabled: true, needs: [need("end")] },
  { name: "load", enabled: false, needs: [need("end")] },
  { name: "end", enabled: true, needs: [] },
  { name: "mail", enabled: true, needs: [need("report")] },
  { name: "alone", enabled: true, needs: [] },
];

describe("the graph of needs", () => {
  it("is a tree in which a job that is met again is not unfolded again", () => {
    expect(`\n${renderGraph(jobGraph(jobs), PLAIN)}`).toBe(`
end
├─ clean  (within 1h)
│  └─ report  (within 1h; also needs load)
│     └─ mail  (within 1h)
└─ load  (within 1h; disabled)
   └─ report  (within 1h, waits 1m; also needs clean; see above)
`);
  });

  it("is a flowchart for Mermaid, whose own words may be names of jobs", () => {
    expect(renderMermaid(jobGraph(jobs))).toBe(`flowchart LR
  j0["report"]
  j1["clean"]
  j2["load (disabled)"]
  j3["end"]
  j4["mail"]
  j1 -->|"within 1h"| j0
  j2 -->|"within 1h, waits 1m"| j0
  j3 -->|"within 1h"| j1
  j3 -->|"within 1h"| j2
  j0 -->|"within 1h"| j4
`);
  });

  it("holds of one job what it depends on and what depends on it", () => {
    expect(jobGraph(jobs, "clean").map(({ name }) => name)).toEqual(["report", "clean", "end", "mail"]);
    expect(jobGraph(jobs, "clean")[0]?.needs).toEqual([need("clean")]);
    expect(jobGraph(jobs, "alone").map(({ name }) => name)).toEqual(["alone"]);
  });
});
