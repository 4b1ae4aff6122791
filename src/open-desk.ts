import { hashPassword } from "./auth/password.ts";
import type { Broker } from "./broker/broker.ts";
import { BROKER_TOPIC, brokerEndpoint } from "./control/broker-endpoint.ts";
import { createOffice, type RunCommands } from "./control/dynsec-office.ts";
import { createControlDesk, type Desk } from "./control/desk.ts";
import { dynsecEndpoints } from "./control/dynsec-endpoints.ts";
import { messageOf } from "./core/errors.ts";
import type { Logger } from "./core/logger.ts";
import { createControl } from "./dynsec/control.ts";
import type { DynsecKeeper } from "./snapshot/dynsec-keeper.ts";
import type { Live } from "./snapshot/live.ts";
import { logProblem } from "./snapshot/reloader.ts";

interface OpenDeskDeps {
  readonly live: Live;
  readonly dynsec: DynsecKeeper;
  readonly broker: Broker;
  readonly portOf: (listener: string) => number | null;
  readonly log: Logger;
}

/** Where commands are carried out. */
export interface Desks {
  /** Of clients, on $CONTROL topics: those of what is switched on now. */
  readonly desk: Desk;
  /** Of the panel, for dynamic security. */
  readonly runCommands: RunCommands;
}

/** Opens the desks. */
export function openDesks({ live, dynsec, broker, portOf, log }: OpenDeskDeps): Desks {
  const control = createControl({
    state: dynsec.state,
    async save(state) {
      // in the turn of the change: from now on nobody is answered by what counted before it
      broker.rightsChanged();
      const problem = await dynsec.save(state);
      if (problem !== null) logProblem(log, problem);
      return problem;
    },
    hash: hashPassword,
    connected: broker.sessions,
    brokeDown(command, error, { clientId, username }) {
      const err = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const what = `The command ${command} of client ${clientId} met a fault in the broker: ${messageOf(error)}`;
      log.error({ clientId, username, err }, `${what}. ${BROKE_DOWN}`);
    },
  });
  const ofDynsec = dynsecEndpoints({ control, expel: broker.expel, log });
  const ofBroker = brokerEndpoint({ current: live.current, portOf });
  const desk = createControlDesk({
    endpoint(topic) {
      const { dynamicSecurity, controlApi } = live.current().settings;
      if (topic === BROKER_TOPIC) return controlApi ? ofBroker : null;
      return dynamicSecurity === null ? null : (ofDynsec.byTopic.get(topic) ?? null);
    },
    publish: (topic, payload) => broker.publish({ topic, payload, qos: 0, retain: false }),
    publishTo: (clientId, topic, payload) => broker.publishTo(clientId, { topic, payload, qos: 0, retain: false }),
    log,
  });
  return { desk, runCommands: createOffice(ofDynsec.commands) };
}

const BROKE_DOWN =
  "The other commands of its request count and are saved; of this one a part may be. Look at what it was to change, and report this line.";
