import type { Problem } from "../core/types.ts";
import { listenerName, type AnonymousLine, type Draft, type ListenerDraft } from "./directives/draft.ts";
import type { AccessSettings, AnonymousSettings, ListenerAccess, ListenerSettings } from "./types.ts";

interface Composed<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

interface Input {
  readonly draft: Draft;
  /** Those of the draft, with their ports. */
  readonly drafts: readonly ListenerDraft[];
  readonly open: readonly ListenerSettings[];
  /** What clients without a user name may do, by `allow_anonymous`; null: no such line. */
  readonly anonymous: (line: AnonymousLine | null) => Composed<AnonymousSettings | null>;
  /** What `listener_allow_anonymous true` comes to. */
  readonly allowed: (line: AnonymousLine) => Composed<AnonymousSettings | null>;
  /** The login chain. */
  readonly stages: (parts: Pick<AccessSettings, "passwordFile" | "anonymous">) => AccessSettings["auth"];
}

/** Makes the logins and rules of the listeners that have some of their own. */
export function listenerAccess(input: Input): Composed<ReadonlyMap<string, ListenerAccess>> {
  const found = new Map<string, ListenerAccess>();
  const problems: Problem[] = [];
  for (const listener of input.drafts) {
    const name = listenerName(listener);
    const isOpen = input.open.some(({ origin, name: other }) => other === name && origin === listener.origin);
    if (!isOpen || !hasItsOwn(listener, input.draft)) continue;
    const { value, problems: own } = accessOf(listener, input);
    found.set(name, value);
    problems.push(...own);
  }
  return { value: found, problems };
}

function hasItsOwn({ access }: ListenerDraft, { isPerListener }: Draft): boolean {
  return isPerListener || access.listenerAllowAnonymous !== null || access.certificateName !== null;
}

function accessOf({ access }: ListenerDraft, input: Input): Composed<ListenerAccess> {
  const { draft, stages } = input;
  const passwordFile = access.passwordFile ?? draft.passwordFile;
  const aclFile = access.aclFile ?? draft.aclFile;
  const { certificateName, listenerAllowAnonymous: line } = access;
  const { value: anonymous, problems } =
    line === null
      ? anonymousOf(access.allowAnonymous, input)
      : line.allowed
        ? input.allowed(line)
        : { value: null, problems: [] };
  const rest = stages({ passwordFile, anonymous });
  const auth =
    certificateName === null
      ? rest
      : // Those after it are never asked, but may know somebody who must not come in.
        [
          { type: "certificate", settings: { naming: certificateName }, onBadPassword: "deny" } as const,
          ...rest.filter(({ type }) => type !== "anonymous"),
        ];
  return { value: { auth, passwordFile, aclFile, anonymous, certificateName }, problems };
}

function anonymousOf(
  own: AnonymousLine | null,
  { draft: { isPerListener, allowAnonymous: ofAll }, anonymous }: Input,
): Composed<AnonymousSettings | null> {
  // What is wrong with a line of the whole broker was said before.
  if (!isPerListener) return { value: anonymous(ofAll).value, problems: [] };
  if (own !== null) return anonymous(own);
  // Nobody said that this listener is to be open.
  return { value: anonymous(ofAll?.allowed === true ? null : ofAll).value, problems: [] };
}
