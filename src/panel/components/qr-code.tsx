import type { JSX } from "preact";

/** The rows of a QR code as a square that a camera reads. Black on white in every theme: cameras want it so. */
export function QrCode({ rows, alt }: { readonly rows: readonly string[]; readonly alt: string }): JSX.Element {
  const size = rows.length;
  const path = rows
    .flatMap((row, y) => row.split("").map((cell, x) => (cell === "#" ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={alt} shape-rendering="crispEdges">
      <path class="qr__light" d={`M0 0h${size}v${size}h-${size}z`} />
      <path class="qr__dark" d={path} />
    </svg>
  );
}
