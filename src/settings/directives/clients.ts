import { topicFault } from "../../core/topic.ts";
import type { ProtocolVersion } from "../../core/types.ts";
import type { ListenerTerms } from "../types.ts";
import { faulty, used, type Draft, type ListenerDraft } from "./draft.ts";
import { scoped } from "./scoped.ts";
import { ofListener, onListener, replaceListener, shut, shutting } from "./listener.ts";
import { bool, oneOf, refused, row, wordsOf, wrongValue, type CarryOut, type DirectiveRow } from "./row.ts";

/** Directives about which clients are taken, and by which client id. */
export const clientDirectives: readonly DirectiveRow[] = [
  bool(
    "allow_zero_length_clientid",
    clientIds((allowsNoClientId) => ({ allowsNoClientId })),
  ),
  prefixRow(
    "auto_id_prefix",
    clientIds((idPrefix) => ({ idPrefix })),
  ),
  prefixRow(
    "listener_auto_id_prefix",
    onTerms((idPrefix) => ({ idPrefix })),
  ),
  row("clientid_prefixes", (draft, { value }) =>
    used({ ...draft, clientIds: { ...draft.clientIds, requiredIdPrefix: value === "" ? null : value } }),
  ),
  bool(
    "use_username_as_clientid",
    onTerms((usernameAsClientId) => ({ usernameAsClientId })),
    shut,
  ),
  { ...ofListener(row("accept_protocol_versions", acceptedVersions)), whenMisspelt: shut },
  {
    ...row("websockets_origin", (draft, line) => {
      if (line.value === "") return wrongValue(draft, line, "", 'Write "websockets_origin https://<host>".', shut);
      return onTerms<string>((origin, { origins }) => ({ origins: [...origins, origin] }))(draft, line.value, line);
    }),
    whenMisspelt: shut,
  },
  { ...ofListener(row("mount_point", mountPoint)), whenMisspelt: shut },
  oneOf(
    "socket_domain",
    ["ipv4", "ipv6"],
    onListener((draft, index, socketDomain, line) => {
      if ((draft.listeners[index]?.host ?? null) === null) {
        return used(replaceListener(draft, index, (listener) => ({ ...listener, socketDomain })));
      }
      return faulty(draft, {
        what: `"${line.name} ${line.value}" has no effect here: the listener has an address.`,
        fix: "Remove the line.",
      });
    }),
    shut,
  ),
  shutting(
    refused(
      "bind_interface",
      "binds to a network card by its name, which is not possible here",
      'Write the address of the card instead: "listener <port> <address>".',
    ),
  ),
];

type Terms = ListenerDraft["terms"];

function onTerms<T>(change: (value: T, terms: Terms) => Partial<Terms>): CarryOut<T> {
  return onListener((draft, index, value: T) => {
    const terms = draft.listeners[index]?.terms;
    return used(terms === undefined ? draft : withTerms(draft, index, change(value, terms)));
  });
}

function withTerms(draft: Draft, index: number, change: Partial<Terms>): Draft {
  return replaceListener(draft, index, (listener) => ({ ...listener, terms: { ...listener.terms, ...change } }));
}

/** onTerms() for what counts for every listener unless per_listener_settings is on. */
function clientIds<T>(
  change: (value: T) => Partial<Pick<ListenerTerms, "allowsNoClientId" | "idPrefix">>,
): CarryOut<T> {
  return scoped(
    (draft, value) => ({ ...draft, clientIds: { ...draft.clientIds, ...change(value) } }),
    (draft, index, value) => withTerms(draft, index, change(value)),
  );
}

const LONGEST_PREFIX = 50;

function prefixRow(name: string, carryOut: CarryOut<string>): DirectiveRow {
  return ofListener(
    row(name, (draft, line) => {
      if (line.value.length <= LONGEST_PREFIX) return carryOut(draft, line.value, line);
      const what = `"${line.name}": "${line.value}" is longer than ${LONGEST_PREFIX} characters.`;
      return faulty(draft, { what, fix: "Choose a shorter one." });
    }),
  );
}

/** `accept_protocol_versions 4, 5` */
function acceptedVersions(...[draft, line]: Parameters<DirectiveRow["run"]>): ReturnType<DirectiveRow["run"]> {
  const words = wordsOf(line.value).flatMap((word) => word.split(",").filter((part) => part !== ""));
  const versions = words.map((word) => VERSIONS.get(word));
  const known = versions.filter((version) => version !== undefined);
  if (known.length === 0 || known.length < versions.length) {
    const fix = 'Write 3 (MQTT 3.1), 4 (3.1.1) and 5, those that are taken: "accept_protocol_versions 4,5".';
    return wrongValue(draft, line, "is not a list of versions", fix, shut);
  }
  return onTerms<readonly ProtocolVersion[]>((versions) => ({ versions }))(draft, known, line);
}

/** `mount_point house/` */
function mountPoint(...[draft, line]: Parameters<DirectiveRow["run"]>): ReturnType<DirectiveRow["run"]> {
  const { value } = line;
  if (value === "") return wrongValue(draft, line, "", MOUNT_POINT, shut);
  const fault =
    topicFault(value) ?? (value.startsWith("$") ? 'topics that begin with "$" are the broker\'s own' : null);
  if (fault === null) return onTerms<string>((mountPoint) => ({ mountPoint }))(draft, value, line);
  const { draft: closed, ...rest } = shut(draft, line);
  return faulty(closed, { what: `"${line.name} ${value}": ${fault}.`, fix: MOUNT_POINT, ...rest });
}

const MOUNT_POINT = 'Write the beginning of a topic, with the slash that belongs to it: "mount_point house/".';

const VERSIONS: ReadonlyMap<string, ProtocolVersion> = new Map([
  ["3", 3],
  ["4", 4],
  ["5", 5],
]);
