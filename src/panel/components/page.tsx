import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { usePanel } from "../shell/panel.ts";

interface PageProps {
  readonly title: string;
  /** The question that the page answers. */
  readonly lead?: string;
  /** Leads back to the list that this page is one of. */
  readonly back?: { readonly label: string; readonly href: string };
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page with its heading. */
export function Page({ title, lead, back, actions, children }: PageProps): JSX.Element {
  useEffect(() => {
    document.title = `${title} · Culex`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div class="page-head__text">
          {back === undefined ? null : (
            <a class="page-head__back" href={back.href}>
              ‹ {back.label}
            </a>
          )}
          <h1 tabIndex={-1}>{title}</h1>
          {lead === undefined ? null : <p class="muted">{lead}</p>}
        </div>
        {actions === undefined ? null : <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

interface CardProps {
  readonly title: string;
  readonly tone?: Tone;
  readonly actions?: ComponentChildren;
  /** Spans the whole width of a grid. */
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

export type Tone = "good" | "note" | "warn" | "bad" | "quiet";

/** A part of a page with a heading of its own. */
export function Card({ title, tone, actions, wide = false, children }: CardProps): JSX.Element {
  return (
    <section class={`card${tone === undefined ? "" : ` card--${tone}`}${wide ? " card--wide" : ""}`} aria-label={title}>
      <div class="card__head">
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** A word with a dot in the colour of its meaning; the word alone says it too. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): JSX.Element {
  return (
    <span class={`badge badge--${tone}`}>
      <span class="badge__dot" aria-hidden="true" />
      {children}
    </span>
  );
}

/** Facts with their names. */
export function Facts({ rows }: { readonly rows: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface NoticeProps {
  readonly tone: Tone;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A sentence that must not be missed. `bad` is read out at once. */
export function Notice({ tone, actions, children }: NoticeProps): JSX.Element {
  return (
    <div class={`notice notice--${tone}`} role={tone === "bad" ? "alert" : "note"}>
      <div>{children}</div>
      {actions === undefined ? null : <div class="actions">{actions}</div>}
    </div>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="empty muted">{children}</p>;
}

/** Stands where something will be in a moment. */
export function Loading(): JSX.Element {
  const { words } = usePanel();
  return <p class="empty muted">{words.value.general.loading}</p>;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly { readonly name: string; readonly label: string; readonly href: string }[];
  readonly current: string;
}

/** Parts of a page, each with an address of its own. */
export function Tabs({ label, tabs, current }: TabsProps): JSX.Element {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.name} href={tab.href} aria-current={tab.name === current ? "page" : undefined}>
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
