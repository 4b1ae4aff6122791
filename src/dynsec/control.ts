import { sentence } from "../core/problem.ts";
import { auditLine } from "./audit.ts";
import { CommandError } from "./commands/command.ts";
import type { CommandContext } from "./commands/command.ts";
import { COMMANDS, OWN_COMMANDS } from "./commands/table.ts";
import type { CommandTable } from "./commands/table.ts";
import { createEffects } from "./effects.ts";
import { readEnvelope } from "./envelope.ts";
import type { Asked } from "./envelope.ts";
import type { Members } from "./members.ts";
import type { Control, ControlAnswer, ControlDeps, DynsecState, Requester } from "./types.ts";

/** One element of the reply. */
interface Response {
  readonly command: string;
  readonly data?: object;
  readonly error?: string;
  readonly correlationData?: string;
}

/** What was done, and may still have to be written. */
interface Carried {
  readonly responses: readonly Response[];
  /** Which of the responses are to changes that were made. */
  readonly changes: ReadonlySet<Response>;
  /** Whether there is something to save: those changes, and what a command did before it broke down. */
  readonly isChanged: boolean;
  readonly audit: readonly string[];
  readonly effects: ControlAnswer["effects"];
}

/** The passwords of a request, by the command they stand in. */
interface Passwords {
  readonly hashes: ReadonlyMap<Members, string>;
  /** Why one could not be hashed. */
  readonly failures: ReadonlyMap<Members, Error>;
}

/** Characters of answers; past them no further question of a request is answered. */
const MAX_REPLY = 8 * 1024 * 1024;

const NO_PASSWORDS: Passwords = { hashes: new Map(), failures: new Map() };

const NOTHING: ControlAnswer["effects"] = { users: new Map(), anonymous: false };

/**
 * Makes the commands. Passwords of a request are hashed first, off the event loop; then all its commands are carried
 * out in one go, so that no other request comes between.
 */
export function createControl(deps: ControlDeps): Control {
  let lastCarried: Promise<unknown> = Promise.resolve();
  let lastAnswered: Promise<unknown> = Promise.resolve();

  const carryInTurn = async (before: Promise<unknown>, asked: readonly Asked[], from: Requester) => {
    await before;
    const passwords = await hashPasswords(asked, deps.hash);
    const state = deps.state();
    if (state === null) return { carried: refuseAll(asked), saved: null };
    const carried = carryOut(asked, COMMANDS, contextOf(deps, state, from, passwords), passwords, deps.brokeDown);
    return { carried, saved: carried.isChanged ? deps.save(state) : null };
  };

  return {
    async request(payload, from) {
      const asked = readEnvelope(payload);
      const turn = carryInTurn(lastCarried, asked, from);
      const before = lastAnswered;
      lastCarried = turn.catch(() => {});
      const answer = turn.then(async ({ carried, saved }) => {
        const problem = await saved;
        await before;
        return answerOf(problem === null ? carried : unsaved(carried, sentence(problem)));
      });
      lastAnswered = answer.catch(() => {});
      return answer;
    },

    async requestSelf(payload, from) {
      const asked = readEnvelope(payload);
      const state = deps.state();
      if (state === null) return answerOf(refuseAll(asked));
      const context = contextOf(deps, state, from, NO_PASSWORDS);
      return answerOf(carryOut(asked, OWN_COMMANDS, context, NO_PASSWORDS, deps.brokeDown));
    },
  };
}

function contextOf(
  { connected }: ControlDeps,
  state: DynsecState,
  from: Requester,
  { hashes }: Passwords,
): CommandContext {
  const hashOf = (members: Members): string | null => hashes.get(members) ?? null;
  return { state, from, connections: addressesBy(connected), hashOf, effects: createEffects(state) };
}

/** Looks through the connections once, when the first command of a request asks for some. */
function addressesBy(connected: ControlDeps["connected"]): CommandContext["connections"] {
  let byUser: ReadonlyMap<string | null, ReturnType<typeof connected>> | null = null;
  return (username) => {
    byUser ??= Map.groupBy(connected(), (client) => client.username);
    return (byUser.get(username) ?? []).map(({ address }) => address);
  };
}

function carryOut(
  asked: readonly Asked[],
  table: CommandTable,
  context: CommandContext,
  { failures }: Passwords,
  brokeDown: ControlDeps["brokeDown"],
): Carried {
  const { state, from } = context;
  const changes = new Set<Response>();
  const audit: string[] = [];
  const indexBefore = state.changeIndex;
  const hasChanged = (): void => {
    state.changeIndex += 1;
    state.accessRevision += 1;
  };
  let characters = 0;
  const responses = asked.map((one): Response => {
    if (one.kind === "fault") return { command: one.name, error: one.error };
    const known = table.get(one.name.toLowerCase());
    const correlation = one.correlation === null ? {} : { correlationData: one.correlation };
    try {
      if (known === undefined) throw new CommandError("Unknown command");
      const failure = failures.get(one.members);
      if (failure !== undefined) throw failure;
      const { name, command } = known;
      if (command.kind === "question") {
        // a request of 2 MB has room for a hundred thousand lists of all clients
        if (characters > MAX_REPLY) throw new CommandError("Reply too large, ask again in another request");
        const data = command.run(context, one.members);
        characters += JSON.stringify(data).length;
        return { command: name, data, ...correlation };
      }
      try {
        command.run(context, one.members);
      } catch (error) {
        // what it did before it broke down is in force, and must not come and go with a restart
        if (!(error instanceof CommandError)) hasChanged();
        throw error;
      }
      hasChanged();
      audit.push(auditLine(from, name, one.members));
      const response = { command: one.name, ...correlation };
      changes.add(response);
      return response;
    } catch (error) {
      if (error instanceof CommandError) return { command: one.name, error: error.message, ...correlation };
      // the commands before it are in force, so the request goes on to its answer
      brokeDown(one.name, error, from);
      return { command: one.name, error: "Internal error", ...correlation };
    }
  });
  const isChanged = state.changeIndex !== indexBefore;
  return { responses, changes, isChanged, audit, effects: context.effects.result() };
}

/** Without a usable file nothing can be asked or changed. */
function refuseAll(asked: readonly Asked[]): Carried {
  const error = "The dynamic security file cannot be used. Nothing was changed. Look for its fault in the log";
  const responses = asked.map((one): Response => {
    if (one.kind === "fault") return { command: one.name, error: one.error };
    return { command: one.name, error, ...(one.correlation === null ? {} : { correlationData: one.correlation }) };
  });
  return { responses, changes: new Set(), isChanged: false, audit: [], effects: NOTHING };
}

/** A change that a restart would lose is no success. */
function unsaved(carried: Carried, why: string): Carried {
  const responses = carried.responses.map((response): Response => {
    if (!carried.changes.has(response)) return response;
    const { command, ...correlation } = response;
    return { command, error: `Changed, but not saved: ${why}`, ...correlation };
  });
  return { ...carried, responses };
}

function answerOf({ responses, effects, audit }: Carried): ControlAnswer {
  return { reply: JSON.stringify({ responses }), effects, audit };
}

/** Commands with a password in them, in lower case. */
const TAKES_PASSWORD: ReadonlySet<string> = new Set(["createclient", "modifyclient", "setclientpassword"]);

async function hashPasswords(asked: readonly Asked[], hash: ControlDeps["hash"]): Promise<Passwords> {
  const hashes = new Map<Members, string>();
  const failures = new Map<Members, Error>();
  for (const one of asked) {
    if (one.kind === "fault" || !TAKES_PASSWORD.has(one.name.toLowerCase())) continue;
    const password = one.members.text("password");
    // a password ends at a zero character, so one with it inside is not the one that was meant
    if (password === null || password === "" || password.includes("\0")) continue;
    try {
      // one after the other: logins use the same threads
      hashes.set(one.members, await hash(password));
    } catch (error) {
      // the answer comes all the same, and says it of this command alone
      failures.set(one.members, error instanceof Error ? error : new Error(String(error)));
    }
  }
  return { hashes, failures };
}
