import type { JSX } from "preact";
import { usePanel } from "../shell/panel.ts";

interface Line {
  readonly name: string;
  readonly values: readonly number[];
  /** What the legend says: the value of this moment. */
  readonly now: number;
}

interface ChartProps {
  /** What is drawn, in a sentence with the figures that matter. */
  readonly summary: string;
  /** Moments of the values, oldest first. */
  readonly times: readonly string[];
  readonly lines: readonly Line[];
  /** Whether the lines fill the height; if not, they stand on zero. */
  readonly isFitted?: boolean;
}

const WIDTH = 360;
const HEIGHT = 96;

/** Lines over time in the colours of the theme; what they show stands in words and in a table too. */
export function Chart({ summary, times, lines, isFitted = false }: ChartProps): JSX.Element {
  const { words, format } = usePanel();
  const { general } = words.value;
  const all = lines.flatMap(({ values }) => values);
  const lowest = isFitted ? Math.min(...all) : 0;
  const highest = isFitted ? Math.max(...all) : Math.max(1, ...all);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={summary}>
        <line class="chart__base" x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
        {lines.map(({ name, values }, index) => (
          <path key={name} class={`chart__line chart__line--${index}`} d={pathOf(values, highest, lowest)} />
        ))}
      </svg>
      <figcaption>
        <ul class="legend">
          {lines.map(({ name, now }, index) => (
            <li key={name} class={`legend__item legend__item--${index}`}>
              {name}: {format.value.number(now)}
            </li>
          ))}
        </ul>
      </figcaption>
      <details>
        <summary>{general.dataTable}</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={summary}>
          <table>
            <caption class="unseen">{summary}</caption>
            <thead>
              <tr>
                <th scope="col">{general.time}</th>
                {lines.map(({ name }) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((time, at) => (
                <tr key={`${time} ${at}`}>
                  <th scope="row">{format.value.time(time)}</th>
                  {lines.map(({ name, values }) => (
                    <td key={name} class="number">
                      {format.value.number(values[at] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

/** Draws values from left to right: "M0 96 L180 48 L360 0". */
export function pathOf(values: readonly number[], highest: number, lowest = 0): string {
  const step = WIDTH / Math.max(values.length - 1, 1);
  return values
    .map((value, index) => {
      const part = highest === lowest ? 0.5 : Math.max(value - lowest, 0) / (highest - lowest);
      const y = HEIGHT - 2 - part * (HEIGHT - 4);
      return `${index === 0 ? "M" : "L"}${round(index * step)} ${round(y)}`;
    })
    .join(" ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
