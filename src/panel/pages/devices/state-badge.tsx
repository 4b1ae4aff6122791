import type { JSX } from "preact";
import type { ClientInfo } from "../../../core/api/clients.ts";
import { Badge } from "../../components/page.tsx";
import { usePanel } from "../../shell/panel.ts";
import { TONES } from "./clients.ts";

/** How a device is, in a word, with what is expected of one that sleeps. */
export function StateBadge({ client }: { readonly client: ClientInfo }): JSX.Element {
  const { words, format } = usePanel();
  const { devices } = words.value;
  if (client.blockedBy !== undefined) return <Badge tone="bad">{devices.blocked}</Badge>;
  const { state, expectedBy } = client;
  return (
    <Badge tone={TONES[state]}>
      {state === "asleep" && expectedBy !== undefined
        ? devices.expected(format.value.time(expectedBy))
        : devices.states[state]}
    </Badge>
  );
}
