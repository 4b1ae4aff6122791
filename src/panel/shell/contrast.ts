/** Red, green and blue, 0 to 255 each. */
export type Rgb = readonly [number, number, number];

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const STEPS = 20;

/** Reads what browsers say of a computed colour: "rgb(3, 169, 244)". Null: another notation, or not opaque. */
export function parseRgb(text: string): Rgb | null {
  const match = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(text);
  if (match === null || Number(match[4] ?? 1) < 1) return null;
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Writes a colour for a style sheet. */
export function cssOf([red, green, blue]: Rgb): string {
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Ratio of the lightnesses of two colours, 1 to 21 [WCAG 2.2, contrast ratio]. */
export function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/**
 * Moves a colour towards black or white until it can be read on every ground: themes choose their accents for buttons
 * and icons, and text in such a colour needs 4.5 [WCAG 2.2, 1.4.3].
 */
export function readable(colour: Rgb, grounds: readonly Rgb[], atLeast = 4.5): Rgb {
  const isReadable = (candidate: Rgb): boolean => grounds.every((ground) => contrast(candidate, ground) >= atLeast);
  const worst = (end: Rgb): number => Math.min(...grounds.map((ground) => contrast(end, ground)));
  const end = worst(BLACK) > worst(WHITE) ? BLACK : WHITE;
  for (let step = 0; step < STEPS; step++) {
    const candidate = mixed(colour, end, step / STEPS);
    if (isReadable(candidate)) return candidate;
  }
  return end;
}

function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [part(0), part(1), part(2)];
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
