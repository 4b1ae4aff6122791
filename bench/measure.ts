import type { BrokerName, RunningBroker } from "./brokers/broker.ts";
import { LOGIN } from "./brokers/configuration.ts";
import { launch, type LaunchOptions } from "./brokers/launch.ts";
import { generate } from "./generate.ts";
import type { Outcome, Scenario } from "./scenario.ts";

export interface MeasureOptions extends LaunchOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Called after every round. */
  readonly progress: (round: number) => void;
}

/** One outcome per broker; a broker that could not be started is missing. */
export type Round = ReadonlyMap<BrokerName, Outcome>;

/** Until the JIT has seen everything, in the first round; later ones only fill the pipes. */
const FIRST_WARM_UP_S = 3;
const WARM_UP_S = 1;

/** Measures a scenario round by round, the brokers in turn within each. */
export async function measure(scenario: Scenario, options: MeasureOptions): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  let running: ReadonlyMap<BrokerName, RunningBroker> = new Map();
  try {
    for (let round = 0; round < options.rounds; round++) {
      if (scenario.isFresh || round === 0) {
        await stopAll(running);
        running = scenario.isFresh ? new Map() : await launchAll(scenario, options);
      }
      rounds.push(await measureRound(scenario, running, options, round));
      options.progress(round);
    }
  } finally {
    await stopAll(running);
  }
  return rounds;
}

async function measureRound(
  scenario: Scenario,
  running: ReadonlyMap<BrokerName, RunningBroker>,
  options: MeasureOptions,
  round: number,
): Promise<Round> {
  const outcomes = new Map<BrokerName, Outcome>();
  for (const name of scenario.brokers) {
    const broker = scenario.isFresh ? await launch(name, scenario.transport, options) : running.get(name);
    if (broker === null || broker === undefined) continue;
    try {
      outcomes.set(name, await measureOnce(scenario, broker, options.seconds, round === 0));
    } finally {
      if (scenario.isFresh) await broker.stop();
    }
  }
  return outcomes;
}

function measureOnce(scenario: Scenario, broker: RunningBroker, seconds: number, isFirst: boolean): Promise<Outcome> {
  return generate({
    scenario: scenario.name,
    load: {
      target: { host: "127.0.0.1", port: broker.port, transport: scenario.transport, pid: broker.pid, ...LOGIN },
      seconds,
      warmUpSeconds: isFirst ? FIRST_WARM_UP_S : WARM_UP_S,
      startUpMs: broker.startUpMs,
    },
  });
}

async function launchAll(scenario: Scenario, options: LaunchOptions): Promise<ReadonlyMap<BrokerName, RunningBroker>> {
  const running = new Map<BrokerName, RunningBroker>();
  for (const name of scenario.brokers) {
    const broker = await launch(name, scenario.transport, options);
    if (broker !== null) running.set(name, broker);
  }
  return running;
}

async function stopAll(running: ReadonlyMap<BrokerName, RunningBroker>): Promise<void> {
  for (const broker of running.values()) await broker.stop();
}
