import { isPrefix, isSensorName, NO_NAME, NO_PREFIX, SENSOR_INTERVAL } from "../sensors.ts";
import { used, type Draft, type Outcome, type SensorsDraft } from "./draft.ts";
import { bool, int, row, wrongValue, type DirectiveRow } from "./row.ts";

/** The broker's figures in Home Assistant. These lines are ours, Mosquitto has none of them. */
export const sensorDirectives: readonly DirectiveRow[] = [
  bool("sensors", (draft, isOn) => withSensors(draft, { isOn })),
  int("sensors_interval", SENSOR_INTERVAL, (draft, intervalS) => withSensors(draft, { intervalS })),
  text("sensors_name", isSensorName, NO_NAME, (name) => ({ name })),
  text("sensors_prefix", isPrefix, NO_PREFIX, (prefix) => ({ prefix })),
  row("sensors_device", (draft, line) =>
    line.value === ""
      ? wrongValue(draft, line, "", "Write a client id or a user name behind it.")
      : withSensors(draft, { devices: [...draft.sensors.devices, line.value] }),
  ),
];

/** Takes the whole rest of the line. */
function text(
  name: string,
  isFit: (value: string) => boolean,
  wrong: typeof NO_NAME,
  change: (value: string) => Partial<SensorsDraft>,
): DirectiveRow {
  return row(name, (draft, line) =>
    isFit(line.value) ? withSensors(draft, change(line.value)) : wrongValue(draft, line, wrong.isWhat, wrong.fix),
  );
}

function withSensors(draft: Draft, change: Partial<SensorsDraft>): Outcome {
  return used({ ...draft, sensors: { ...draft.sensors, ...change } });
}
