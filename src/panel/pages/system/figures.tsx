import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { FiguresChange, FiguresInfo } from "../../../core/api/figures.ts";
import { Badge, Card, Notice } from "../../components/page.tsx";
import { PasteBlocks } from "../../components/paste-blocks.tsx";
import { TextArea } from "../../components/text-area.tsx";
import { type Action, useAction } from "../../components/use-action.ts";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

/** Where the broker's own figures go beside this panel: to Home Assistant, and to Prometheus. */
export function Figures(): JSX.Element {
  const { words, api, said } = usePanel();
  const { figures } = words.value.system;
  const fetched = useFetched<FiguresInfo>("figures");
  const wish = useSignal<FiguresChange>({});
  const typed = useSignal<string | null>(null);
  const work = useAction(async () => {
    await api.send("PATCH", "figures", wish.value);
    said.value = figures.changed;
    typed.value = null;
    fetched.reload();
  });
  const change = (next: FiguresChange): void => {
    wish.value = next;
    work.run();
  };
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  const { sensors, metrics } = fetched.data;
  const devices = typed.value ?? sensors.devices.join("\n");
  return (
    <div class="stack">
      {work.error === null ? null : <Notice tone="bad">{work.error}</Notice>}
      <Group
        title={figures.sensors}
        lead={figures.sensorsLead}
        info={sensors}
        work={work}
        onSwitch={(active) => change({ sensors: { active } })}
      >
        {sensors.paste === undefined && sensors.active ? (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              change({ sensors: { devices: devices.split("\n").filter((device) => device !== "") } });
            }}
          >
            <TextArea label={figures.devices} rows={3} value={devices} onInput={(text) => (typed.value = text)} />
            <button type="submit" class="button" disabled={work.isBusy || typed.value === null}>
              {words.value.general.save}
            </button>
          </form>
        ) : null}
      </Group>
      <Group
        title={figures.metrics}
        lead={figures.metricsLead}
        info={metrics}
        work={work}
        onSwitch={(active) => change({ metrics: { active } })}
      >
        {metrics.active && !metrics.needsToken ? <p>{figures.noToken}</p> : null}
      </Group>
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly lead: string;
  readonly info: FiguresInfo["sensors" | "metrics"];
  readonly work: Action;
  readonly onSwitch: (active: boolean) => void;
  readonly children: ComponentChildren;
}

function Group({ title, lead, info: { active, paste }, work, onSwitch, children }: GroupProps): JSX.Element {
  const { figures } = usePanel().words.value.system;
  const tone = active ? "good" : "quiet";
  return (
    <Card title={title} actions={<Badge tone={tone}>{active ? figures.on : figures.off}</Badge>}>
      <p class="muted">{lead}</p>
      {children}
      {paste === undefined ? (
        <div class="actions">
          <button
            type="button"
            class="button"
            disabled={work.isBusy}
            aria-label={active ? figures.switchOff(title) : figures.switchOn(title)}
            onClick={() => onSwitch(!active)}
          >
            {active ? figures.switchOff("") : figures.switchOn("")}
          </button>
        </div>
      ) : (
        <PasteBlocks paste={[paste]} />
      )}
    </Card>
  );
}
