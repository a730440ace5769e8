import { BarChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type Html, html, trusted } from "./html.ts";
import type { Slice } from "./numbers.ts";

use([BarChart, GridComponent, SVGRenderer]);

export interface Chart {
  /** What the picture tells, in a sentence: a screen reader says this in its place. */
  told: string;
  slices: readonly Slice[];
  /** What stands below a column, where there is room for it. */
  label(slice: Slice): string;
  /** Label every so many columns on a phone. */
  everyNarrow: number;
  everyWide: number;
}

/** Columns, failures on top, drawn twice: a wide picture made narrow would have letters of half the size. */
export function columns(chart: Chart): Html {
  return html`<div class="chart" role="img" aria-label="${chart.told}">
    <div class="wide">${draw(chart, { width: 860, height: 250, every: chart.everyWide })}</div>
    <div class="narrow">${draw(chart, { width: 320, height: 200, every: chart.everyNarrow })}</div>
  </div>`;
}

/** Colours are the page's variables, so that one picture serves light, dark and paper. */
function draw({ slices, label }: Chart, { width, height, every }: { width: number; height: number; every: number }): Html {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  const axisLabel = { color: "var(--muted)", fontSize: 12, fontFamily: "inherit", hideOverlap: true };
  const column = { type: "bar", stack: "all", silent: true, emphasis: { disabled: true }, barCategoryGap: "28%" } as const;
  chart.setOption({
    animation: false,
    grid: { left: 0, right: 4, top: 12, bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: slices.map((slice) => label(slice)),
      axisLabel: { ...axisLabel, interval: (index: number) => index % every === 0 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: "var(--line)" } },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitNumber: 4,
      axisLabel: { ...axisLabel, formatter: short },
      splitLine: { lineStyle: { color: "var(--line)" } },
    },
    series: [
      { ...column, itemStyle: { color: "var(--good)" }, data: slices.map(({ count, failures }) => count - failures) },
      { ...column, itemStyle: { color: "var(--bad)" }, data: slices.map(({ failures }) => failures) },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return trusted(withoutStyle(svg));
}

/** The picture's own style sheet is about a pointer's hovering; its rules would reach the whole page. */
function withoutStyle(svg: string): string {
  return svg.replace(/<style\b[\s\S]*?<\/style>/g, "").replaceAll(/ class="zr[^"]*"/g, "");
}

const short = (amount: number): string => new Intl.NumberFormat("en", { notation: "compact" }).format(amount);
