import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Block, ClientInfo } from "../../../core/api/clients.ts";
import { LinkButton, Select } from "../../components/controls.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

interface Device {
  readonly client: ClientInfo;
}

interface Asking extends Device {
  readonly onClose: () => void;
}

/** What can be done to a device. */
export function DeviceActions({ client }: Device): JSX.Element {
  const { devices } = usePanel().words.value;
  const asking = useSignal<"disconnect" | "end" | "block" | null>(null);
  const onClose = (): void => void (asking.value = null);
  return (
    <>
      {client.state === "connected" ? (
        <button type="button" class="button" aria-haspopup="dialog" onClick={() => (asking.value = "disconnect")}>
          {devices.disconnect}
        </button>
      ) : null}
      {client.state === "asleep" || client.state === "overdue" ? (
        <button type="button" class="button" aria-haspopup="dialog" onClick={() => (asking.value = "end")}>
          {devices.endSession}
        </button>
      ) : null}
      {client.blockedBy === undefined ? (
        <button type="button" class="button" aria-haspopup="dialog" onClick={() => (asking.value = "block")}>
          {devices.block}
        </button>
      ) : (
        <Unblock client={client} />
      )}
      {client.user === null || client.source === "ha" ? null : (
        <LinkButton href={hrefOf("access", ["users"], { user: client.user })}>{devices.newPassword}</LinkButton>
      )}
      {asking.value === "disconnect" ? <Disconnect client={client} onClose={onClose} /> : null}
      {asking.value === "end" ? <EndSession client={client} onClose={onClose} /> : null}
      {asking.value === "block" ? <BlockDialog client={client} onClose={onClose} /> : null}
    </>
  );
}

function Disconnect({ client, onClose }: Asking): JSX.Element {
  const { words, api, said } = usePanel();
  const { devices } = words.value;
  const name = visible(client.id);
  const action = useAction(async () => {
    await api.send("POST", `clients/${segment(client.id)}/disconnect`);
    said.value = devices.disconnected(name);
    onClose();
  });
  return (
    <Confirm
      title={devices.disconnectTitle(name)}
      label={devices.disconnect}
      isBusy={action.isBusy}
      error={action.error}
      onConfirm={() => action.run()}
      onClose={onClose}
    >
      <p>{devices.disconnectText}</p>
    </Confirm>
  );
}

function EndSession({ client, onClose }: Asking): JSX.Element {
  const { words, api, said, format } = usePanel();
  const { devices } = words.value;
  const name = visible(client.id);
  const action = useAction(async () => {
    await api.send("DELETE", `clients/${segment(client.id)}/session`);
    said.value = devices.ended(name);
    onClose();
  });
  return (
    <Confirm
      title={devices.endTitle(name)}
      label={devices.endDo}
      isBusy={action.isBusy}
      error={action.error}
      onConfirm={() => action.run()}
      onClose={onClose}
    >
      <p>{devices.endText(format.value.number(client.queued.count))}</p>
    </Confirm>
  );
}

function BlockDialog({ client, onClose }: Asking): JSX.Element {
  const { words, api, said } = usePanel();
  const { devices } = words.value;
  const choices = blocksOf(client);
  const kind = useSignal<Block["kind"]>(choices[0]?.kind ?? "client");
  const value = choices.find((choice) => choice.kind === kind.value)?.value ?? "";
  const action = useAction(async () => {
    await api.send("PUT", pathOf({ kind: kind.value, value }));
    said.value = devices.blockedNow(visible(value));
    onClose();
  });
  return (
    <Confirm
      title={devices.blockTitle(visible(client.id === "" ? value : client.id))}
      label={devices.blockDo}
      isBusy={action.isBusy}
      error={action.error}
      onConfirm={() => action.run()}
      onClose={onClose}
    >
      <p>{devices.blockText}</p>
      <Select
        label={devices.blockWhat}
        value={kind.value}
        choices={choices.map((choice) => ({
          value: choice.kind,
          label: devices.blockKinds[choice.kind](visible(choice.value)),
        }))}
        onChange={(next) => (kind.value = next)}
      />
    </Confirm>
  );
}

function Unblock({ client }: Device): JSX.Element {
  const { words, api, said } = usePanel();
  const { devices } = words.value;
  const action = useAction(async () => {
    // Which of them it is stands in the list of blocks; those that are not there are no fault.
    for (const block of blocksOf(client)) await api.send("DELETE", pathOf(block));
    const name = visible(client.id);
    // The entry of a whole network, or one that stands in a file, holds on.
    const { blockedBy } = await api.get<ClientInfo>(`clients/${segment(client.id)}`);
    said.value = blockedBy === undefined ? devices.unblocked(name) : devices.stillBlocked(name, visible(blockedBy));
  });
  return (
    <button type="button" class="button" disabled={action.isBusy} onClick={() => action.run()}>
      {devices.unblock}
    </button>
  );
}

function blocksOf({ id, user, ip }: ClientInfo): readonly Pick<Block, "kind" | "value">[] {
  const all = [
    { kind: "client", value: id },
    { kind: "user", value: user ?? "" },
    { kind: "ip", value: ip },
  ] as const;
  return all.filter(({ value }) => value !== "");
}

function pathOf({ kind, value }: Pick<Block, "kind" | "value">): string {
  return `blocks/${kind}/${segment(value)}`;
}
