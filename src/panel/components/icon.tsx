import type { JSX } from "preact";
import type { PageName } from "../shell/router.ts";

// Lines on a field of 24 by 24.
const SHAPES: Readonly<Record<PageName | "menu" | "settings" | "lock", string>> = {
  overview: "M4 4h7v9H4z M13 4h7v5h-7z M13 11h7v9h-7z M4 15h7v5H4z",
  devices: "M5 5h14v10H5z M9 19h6 M12 15v4",
  problems: "M12 4 2.5 20h19z M12 10v5 M12 17.4v.2",
  topics: "M6 4v14 M6 8h6 M6 13h6 M6 18h6 M15 8h4 M15 13h4 M15 18h4",
  access: "M8.5 15.5a4 4 0 1 1 3-6.6L20 17v3h-3v-2h-2v-2h-2l-1.6-1.7a4 4 0 0 1-2.9 1.2z M7.6 11.4v.2",
  bridges: "M2 17h20 M4 17V9 M20 17V9 M4 10c4 5 12 5 16 0 M9 13.4V17 M15 13.4V17",
  system: "M5 4h14v6H5z M5 14h14v6H5z M8 7h.2 M8 17h.2",
  menu: "M4 7h16 M4 12h16 M4 17h16",
  lock: "M6 11h12v9H6z M9 11V8a3 3 0 0 1 6 0v3",
  settings: "M4 7h9 M17 7h3 M15 5v4 M4 17h3 M11 17h9 M9 15v4",
};

/** A small picture beside words; it says nothing by itself. */
export function Icon({ name }: { readonly name: keyof typeof SHAPES }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
