import type { Problem } from "../core/types.ts";
import { counted, listed } from "../core/words.ts";
import { ACL_TYPES } from "./types.ts";
import type { AclType } from "./types.ts";

/** Collects what cannot be used in a file, in words. */
export interface Faults {
  nameless(noun: string, member: string): void;
  doubleName(noun: string, name: string): void;
  /** `holder` is the start of a sentence: `client "cam"`. */
  missing(holder: string, noun: string, name: string): void;
  badPassword(client: string): void;
  badValue(noun: string, name: string, member: string, now: string, fix: string): void;
  foreignAcl(role: string, acltype: string | null): void;
  /** `fault` is the end of a sentence. */
  badTopic(role: string, type: AclType, topic: string, fault: string): void;
  doubleAcl(role: string, type: AclType, topic: string): void;
  problems(): readonly Problem[];
}

/** A file with more faults than these has one cause, and the log is for people. */
const MAX_PROBLEMS = 20;

/** Makes a collection for a file, called as problems name it. */
export function createFaults(file: string): Faults {
  const problems: Problem[] = [];
  let count = 0;
  const warn = (what: string, now: string, fix: string): void => {
    count += 1;
    if (count > MAX_PROBLEMS) return;
    problems.push({ severity: "warning", what: `${file}: ${what}`, now, fix, where: { file } });
  };
  return {
    nameless: (noun, member) => {
      warn(`a ${noun} has no "${member}".`, "It is left out.", "Give it a name, or remove it.");
    },
    doubleName: (noun, name) => {
      warn(`there are two ${noun}s "${name}".`, "The first one counts.", "Remove or rename one of them.");
    },
    missing: (holder, noun, name) => {
      const what = `${holder} names the ${noun} "${name}", which does not exist.`;
      warn(what, "It counts without it.", `Make that ${noun}, or remove the name there.`);
    },
    badPassword: (client) => {
      const what = `the stored password of client "${client}" cannot be checked.`;
      warn(what, "It cannot log in.", 'Set a new password with "setClientPassword".');
    },
    badValue: (noun, name, member, now, fix) => {
      warn(`"${member}" of ${noun} "${name}" makes no sense.`, now, fix);
    },
    foreignAcl: (role, acltype) => {
      const what =
        acltype === null || ACL_TYPES.some((type) => type.toLowerCase() === acltype.toLowerCase())
          ? `role "${role}" has an access entry without "acltype" or "topic".`
          : `role "${role}" has an access entry of the type "${acltype}", which is not known.`;
      warn(what, "This entry does not count.", `Use ${listed(ACL_TYPES, "or")}.`);
    },
    badTopic: (role, type, topic, fault) => {
      const what = `role "${role}" has an entry ${type} for "${topic}", which is no topic filter: ${fault}.`;
      warn(what, "This entry does not count.", "Correct or remove it.");
    },
    doubleAcl: (role, type, topic) => {
      const what = `role "${role}" has two entries ${type} for "${topic}".`;
      warn(what, "The first one counts.", "Remove one of them.");
    },
    problems: () => {
      if (count <= MAX_PROBLEMS) return problems;
      const more = counted(count - MAX_PROBLEMS, "more fault");
      const rest: Problem = {
        severity: "warning",
        what: `${file}: there ${count - MAX_PROBLEMS === 1 ? "is" : "are"} ${more} of these kinds.`,
        now: "Each counts as the ones before.",
        fix: "Correct those first.",
        where: { file },
      };
      return [...problems, rest];
    },
  };
}
