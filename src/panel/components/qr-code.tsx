import type { JSX } from "preact";
import { encode } from "uqr";

/** A text as a square that a camera reads. Black on white in every theme: cameras want it so. */
export function QrCode({ text, alt }: { readonly text: string; readonly alt: string }): JSX.Element {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={alt} shape-rendering="crispEdges">
      <path class="qr__light" d={`M0 0h${size}v${size}h-${size}z`} />
      <path class="qr__dark" d={path} />
    </svg>
  );
}
