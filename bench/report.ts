import type { BrokerName } from "./brokers/broker.ts";
import { type Figure, floorText, reaches } from "./figure.ts";
import type { Round } from "./measure.ts";
import type { Scenario } from "./scenario.ts";
import { median } from "./statistics.ts";

const WIDTHS = [7, 50, 12, 12, 34, 8, 9, 6] as const;
const HEADINGS = ["", "figure", "culex", "mosquitto", "ratio of each round", "median", "floor", ""] as const;

/** The first lines of the table. */
export function heading(): string {
  return row(HEADINGS);
}

/** The lines of one scenario: its title, a line per figure, and what went wrong. */
export function linesOf(scenario: Scenario, rounds: readonly Round[]): readonly string[] {
  const faults = rounds.flatMap((round, index) =>
    [...round].flatMap(([name, { faults }]) => faults.map((fault) => `  ! round ${index + 1}, ${name}: ${fault}`)),
  );
  const missing = scenario.brokers.filter((name) => !rounds.some((round) => round.has(name)));
  return [
    `${scenario.name.padEnd(WIDTHS[0])} ${scenario.title}`,
    ...scenario.figures.map((figure) => figureLine(figure, rounds)),
    ...missing.map((name) => `  ${name} is not installed, or built without this transport: nothing to compare with`),
    ...faults,
  ];
}

function figureLine(figure: Figure, rounds: readonly Round[]): string {
  const own = valuesOf(figure, rounds, "culex");
  const other = valuesOf(figure, rounds, figure.against);
  const ratios = rounds.flatMap((round) => {
    const ratio = valueOf(figure, round, "culex") / valueOf(figure, round, figure.against);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  const { floor } = figure;
  const isReached = floor === null ? null : reaches(floor, median(own), median(ratios));
  return row([
    "",
    figure.title,
    numberText(median(own)),
    numberText(median(other)),
    ratios.map(ratioText).join(" "),
    ratioText(median(ratios)),
    floor === null ? "" : floorText(floor),
    isReached === null ? "" : isReached ? "ok" : "BELOW",
  ]);
}

function valuesOf(figure: Figure, rounds: readonly Round[], name: BrokerName): readonly number[] {
  return rounds.map((round) => valueOf(figure, round, name)).filter((value) => !Number.isNaN(value));
}

function valueOf(figure: Figure, round: Round, name: BrokerName): number {
  return round.get(name)?.values[figure.key] ?? Number.NaN;
}

function row(cells: readonly string[]): string {
  const isText = (index: number): boolean => index < 2 || index === 4 || index > 5;
  return cells
    .map((cell, index) => (isText(index) ? cell.padEnd(WIDTHS[index] ?? 0) : cell.padStart(WIDTHS[index] ?? 0)))
    .join(" ")
    .trimEnd();
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "-";
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function ratioText(value: number): string {
  return Number.isNaN(value) ? "-" : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
