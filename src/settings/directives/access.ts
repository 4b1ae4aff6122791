import type { FileReference } from "../types.ts";
import {
  faulty,
  used,
  type AccessDraft,
  type AnonymousLine,
  type Draft,
  type FilePlugin,
  type Line,
  type Outcome,
} from "./draft.ts";
import { onListener, onTlsListener, replaceListener, shut } from "./listener.ts";
import { scoped } from "./scoped.ts";
import { bool, file, missingReference, type CarryOut, type DirectiveRow } from "./row.ts";

/** Directives about who may come in, and by which rules: of the whole broker, or of one listener. */
export const accessDirectives: readonly DirectiveRow[] = [
  file(
    "acl_file",
    shared((aclFile) => ({ aclFile })),
    (draft, line) => ({
      draft: shared(() => ({ aclFile: missingReference(line) }))(draft, null, line).draft,
      now: "The rules in use stay, and without any no device may use a topic",
    }),
  ),
  file(
    "password_file",
    shared((passwordFile) => ({ passwordFile })),
    (draft, line) => ({
      draft: shared(() => ({ passwordFile: missingReference(line) }))(draft, null, line).draft,
      now: "The users of a file in use stay, and without any nobody logs in with that file",
    }),
  ),
  bool(
    "allow_anonymous",
    shared((allowed, line) => ({ allowAnonymous: anonymousLine(allowed, line) })),
    (draft, line) => ({
      draft: shared(() => ({ allowAnonymous: anonymousLine(false, line) }))(draft, null, line).draft,
      now: "Clients without a user name stay shut out",
    }),
  ),
  bool("per_listener_settings", perListenerSettings),
  file("ban_file", (draft, banFile) => used({ ...draft, banFile }), null),
  bool(
    "listener_allow_anonymous",
    onListener((draft, index, allowed, line) => used(shutOut(draft, index, anonymousLine(allowed, line)))),
    (draft, line) => ({
      draft: onListener((draft, index) => used(shutOut(draft, index, anonymousLine(false, line))))(draft, null, line)
        .draft,
      severity: "error",
      now: "Clients without a user name stay shut out of this listener",
    }),
  ),
  bool("use_identity_as_username", certificateName("common-name"), shut),
  bool("use_subject_as_username", certificateName("subject"), shut),
];

/** Carries out `acl_file` or `password_file` where a plugin says it; a global one counts for every listener. */
export function pluginFile({ option, isGlobal }: FilePlugin): CarryOut<FileReference> {
  const change = (file: FileReference): Partial<Shared> =>
    option === "acl_file" ? { aclFile: file } : { passwordFile: file };
  return isGlobal ? (draft, file) => used({ ...draft, ...change(file) }) : shared(change);
}

type Shared = Pick<AccessDraft, "aclFile" | "passwordFile" | "allowAnonymous">;

function shared<T>(change: (value: T, line: Line) => Partial<Shared>): CarryOut<T> {
  return scoped(
    (draft, value, line) => ({ ...draft, ...change(value, line) }),
    (draft, listener, value, line) => withAccess(draft, listener, change(value, line)),
  );
}

function perListenerSettings(draft: Draft, isOn: boolean, line: Line): Outcome {
  // As in mosquitto it cannot be switched back: lines that were below a listener belong to it.
  if (!isOn || draft.isPerListener) return used(draft);
  const next = { ...draft, isPerListener: true };
  if (draft.aclFile === null && draft.passwordFile === null && draft.allowAnonymous === null) return used(next);
  return faulty(next, {
    what: `"${line.name} true" stands below a line that it is about (acl_file, password_file or allow_anonymous).`,
    now: 'An acl_file or password_file above it counts for every listener without one of its own, an "allow_anonymous true" for none',
    fix: `Move "${line.name} true" to the first line.`,
  });
}

function anonymousLine(allowed: boolean, { origin }: Line): AnonymousLine {
  return { allowed, origin };
}

function shutOut(draft: Draft, index: number, listenerAllowAnonymous: AnonymousLine): Draft {
  return withAccess(draft, index, { listenerAllowAnonymous });
}

function withAccess(draft: Draft, index: number, change: Partial<AccessDraft>): Draft {
  return replaceListener(draft, index, (listener) => ({ ...listener, access: { ...listener.access, ...change } }));
}

function certificateName(naming: NonNullable<AccessDraft["certificateName"]>): CarryOut<boolean> {
  return onTlsListener((listener, isOn) => {
    const { certificateName: before } = listener.access;
    const certificateName = isOn ? naming : before === naming ? null : before;
    return { ...listener, access: { ...listener.access, certificateName } };
  });
}
