import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DeviceCredential, DeviceType, NewDevice } from "../../../core/api/access.ts";
import { Copied } from "../../components/copied.tsx";
import { CopyButton, Field, Select } from "../../components/controls.tsx";
import { Confirm, Dialog } from "../../components/dialog.tsx";
import { Badge, Facts } from "../../components/page.tsx";
import { PasteBlocks } from "../../components/paste-blocks.tsx";
import { QrCode } from "../../components/qr-code.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";

const TYPES: readonly DeviceType[] = ["tasmota", "shelly", "esphome", "zigbee2mqtt", "frigate", "other"];
const SCOPES = ["suggested", "everything"] as const;

/** The button that makes a login for a device, and the form behind it. */
export function AddDevice(): JSX.Element {
  const { access } = usePanel().words.value;
  const isOpen = useSignal(false);
  return (
    <>
      <button type="button" class="button button--main" aria-haspopup="dialog" onClick={() => (isOpen.value = true)}>
        {access.addDevice}
      </button>
      {isOpen.value ? <AddDeviceDialog onClose={() => (isOpen.value = false)} /> : null}
    </>
  );
}

function AddDeviceDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { words, api } = usePanel();
  const { access } = words.value;
  const name = useSignal("");
  const type = useSignal<DeviceType>("tasmota");
  const scope = useSignal<NewDevice["scope"]>("suggested");
  const made = useSignal<DeviceCredential | null>(null);
  const make = useAction(async () => {
    // Devices reach the broker where this page was reached, in most homes.
    const device: NewDevice = {
      name: name.value,
      type: type.value,
      scope: scope.value,
      host: location.hostname.replace(/^\[|\]$/g, ""),
    };
    made.value = await api.send<DeviceCredential>("POST", "devices", device);
  });
  if (made.value !== null) return <Credential made={made.value} name={name.value} onClose={onClose} />;
  return (
    <Confirm
      title={access.addDevice}
      label={access.create}
      isBusy={make.isBusy}
      error={make.error}
      onConfirm={() => make.run()}
      onClose={onClose}
    >
      <Field
        label={access.deviceName}
        value={name.value}
        hint={access.deviceNameHint}
        isRequired
        onInput={(text) => (name.value = text)}
      />
      <Select
        label={access.deviceType}
        value={type.value}
        choices={TYPES.map((value) => ({ value, label: access.deviceTypes[value] }))}
        onChange={(value) => (type.value = value)}
      />
      <Select
        label={access.scope}
        value={scope.value}
        choices={SCOPES.map((value) => ({ value, label: access.scopes[value] }))}
        onChange={(value) => (scope.value = value)}
      />
    </Confirm>
  );
}

interface CredentialProps {
  readonly made: DeviceCredential;
  readonly name: string;
  readonly onClose: () => void;
}

/** What is entered in the device. It turns to "connected" by itself. */
function Credential({ made, name, onClose }: CredentialProps): JSX.Element {
  const { words, store } = usePanel();
  const { access } = words.value;
  const { username, password, host, port, qr, block, topics, paste = [] } = made;
  const clients = store.clients.value?.items ?? [];
  const isHere = clients.some(({ user, state }) => user === username && state === "connected");
  return (
    <Dialog title={isHere ? access.isConnected(visible(name)) : access.readyFor(visible(name))} onClose={onClose}>
      <p role="status">
        <Badge tone={isHere ? "good" : "note"}>{isHere ? access.isConnected(visible(name)) : access.waitsForIt}</Badge>
      </p>
      <p>{access.shownOnce}</p>
      <PasteBlocks paste={paste} />
      <Facts
        rows={[
          [access.host, <Copied key="host" what={access.host} text={host} />],
          [access.port, <Copied key="port" what={access.port} text={String(port)} />],
          [access.user, <Copied key="user" what={access.user} text={username} />],
          [access.password, <Copied key="password" what={access.password} text={password} />],
        ]}
      />
      <h3>{access.block}</h3>
      <div class="list__row">
        <pre>
          <bdi>{block}</bdi>
        </pre>
        <CopyButton text={block} what={access.block} />
      </div>
      <QrCode rows={qr} alt={access.qrAlt(visible(name))} />
      <h3>{access.topicsOf}</h3>
      <ul class="list">
        {topics.map(({ access: kind, filter }) => (
          <li key={`${kind} ${filter}`} class="list__row">
            <span>
              {access.accessKinds[kind]}: <Foreign text={filter} />
            </span>
            <CopyButton text={filter} what={access.topicNamed(visible(filter))} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
