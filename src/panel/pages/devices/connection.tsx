import type { JSX } from "preact";
import type { ClientInfo } from "../../../core/api/clients.ts";
import type { ListenerInfo } from "../../../core/api/system.ts";
import { CopyButton } from "../../components/controls.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { usePanel } from "../../shell/panel.ts";

/** What is entered in a device to connect as this one does. Its password is known to nobody; a new one can be made. */
export function Connection({ client }: { readonly client: ClientInfo }): JSX.Element | null {
  const { devices } = usePanel().words.value;
  const { facts } = devices;
  const { data } = useFetched<readonly ListenerInfo[]>("listeners");
  const listener = data?.find(({ name }) => name === client.listener);
  if (listener === undefined) return null;
  // devices reach the broker where this page was reached, in most homes
  const lines = [
    `${facts.address}: ${listener.url.replace("HOST", location.hostname)}`,
    ...(client.user === null ? [] : [`${facts.user}: ${client.user}`]),
    ...(client.id === "" ? [] : [`${facts.clientId}: ${client.id}`]),
  ];
  return (
    <div class="actions">
      <CopyButton text={`${lines.join("\n")}\n`} what={devices.connection} />
      <span class="muted">{devices.connection}</span>
    </div>
  );
}
