import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Page } from "../../../core/api/common.ts";
import type { NewTrace, TraceFile, TraceInfo } from "../../../core/api/traces.ts";
import { Field, Select } from "../../components/controls.tsx";
import { Notice } from "../../components/page.tsx";
import { Table } from "../../components/table.tsx";
import { Ago, Foreign, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { type Fetched, useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 3000;
const KINDS = ["client", "user", "ip", "topic"] as const;
const PAYLOADS = ["text", "hex", "hidden"] as const;

/** Starts and stops what writes packets to files, and gives the files. */
export function Traces(): JSX.Element {
  const { system } = usePanel().words.value;
  const running = useFetched<Page<TraceInfo>>("traces?limit=200", AGAIN_MS);
  const files = useFetched<Page<TraceFile>>("trace-files?limit=200", AGAIN_MS);
  const reload = (): void => {
    running.reload();
    files.reload();
  };
  return (
    <div class="stack">
      <p class="muted">{system.traceLead}</p>
      <Start onStarted={reload} />
      <Running fetched={running} onStopped={reload} />
      <h2>{system.traceFiles}</h2>
      <Files fetched={files} />
    </div>
  );
}

function Start({ onStarted }: { readonly onStarted: () => void }): JSX.Element {
  const { words, api, said } = usePanel();
  const { system } = words.value;
  const kind = useSignal<NewTrace["kind"]>("client");
  const value = useSignal("");
  const minutes = useSignal("60");
  const payload = useSignal<NonNullable<NewTrace["payload"]>>("text");
  const start = useAction(async () => {
    const wish: NewTrace = {
      kind: kind.value,
      value: value.value,
      minutes: Number(minutes.value),
      payload: payload.value,
    };
    const { file } = await api.send<TraceInfo>("POST", "traces", wish);
    said.value = system.traceStarted(file);
    value.value = "";
    onStarted();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.run();
      }}
    >
      <div class="toolbar">
        <Select
          label={system.traceKind}
          value={kind.value}
          choices={KINDS.map((name) => ({ value: name, label: system.traceKinds[name] }))}
          onChange={(name) => (kind.value = name)}
        />
        <Field label={system.traceValue} value={value.value} isRequired onInput={(text) => (value.value = text)} />
        <Field
          label={system.traceMinutes}
          value={minutes.value}
          isRequired
          onInput={(text) => (minutes.value = text)}
        />
        <Select
          label={system.tracePayload}
          value={payload.value}
          choices={PAYLOADS.map((name) => ({ value: name, label: system.tracePayloads[name] }))}
          onChange={(name) => (payload.value = name)}
        />
        <button type="submit" class="button button--main" disabled={start.isBusy}>
          {system.traceStart}
        </button>
      </div>
      {start.error === null ? null : <Notice tone="bad">{start.error}</Notice>}
    </form>
  );
}

interface RunningProps {
  readonly fetched: Fetched<Page<TraceInfo>>;
  readonly onStopped: () => void;
}

function Running({ fetched, onStopped }: RunningProps): JSX.Element {
  const { words, api, said, format } = usePanel();
  const { system } = words.value;
  const { traceColumns: columns } = system;
  const stopping = useSignal<TraceInfo | null>(null);
  const stop = useAction(async () => {
    const trace = stopping.value;
    if (trace === null) return;
    await api.send("DELETE", `traces/${trace.kind}/${segment(trace.value)}`);
    said.value = system.traceStopped;
    onStopped();
  });
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  return (
    <div>
      {stop.error === null ? null : <Notice tone="bad">{stop.error}</Notice>}
      <Table
        caption={system.tab.traces}
        empty={system.traceNone}
        rows={fetched.data.items}
        keyOf={({ kind, value }) => `${kind} ${value}`}
        columns={[
          {
            name: "of",
            label: columns.of,
            isHeading: true,
            cell: ({ kind, value }) => (
              <>
                {system.traceKinds[kind]} <Foreign text={value} />
              </>
            ),
          },
          { name: "until", label: columns.until, cell: ({ until }) => format.value.moment(until) },
          { name: "bytes", label: columns.size, isNumber: true, cell: ({ bytes }) => format.value.bytes(bytes) },
          {
            name: "stop",
            label: system.traceStop,
            cell: (trace) => (
              <button
                type="button"
                class="button button--small"
                disabled={stop.isBusy}
                aria-label={system.traceStopOf(visible(trace.value))}
                onClick={() => {
                  stopping.value = trace;
                  stop.run();
                }}
              >
                {system.traceStop}
              </button>
            ),
          },
        ]}
      />
    </div>
  );
}

function Files({ fetched }: { readonly fetched: Fetched<Page<TraceFile>> }): JSX.Element {
  const { words, format } = usePanel();
  const { system } = words.value;
  const { traceColumns: columns } = system;
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  const { items, total, next } = fetched.data;
  return (
    <div>
      <Table
        caption={system.traceFiles}
        empty={system.traceFilesNone}
        rows={items}
        keyOf={({ file }) => file}
        columns={[
          {
            name: "file",
            label: columns.file,
            isHeading: true,
            cell: ({ file }) => (
              <a href={`api/v1/traces/${segment(file)}/text`} download={file}>
                <Foreign text={file} />
              </a>
            ),
          },
          { name: "at", label: system.traceAt, cell: ({ at }) => <Ago at={at} /> },
          { name: "bytes", label: columns.size, isNumber: true, cell: ({ bytes }) => format.value.bytes(bytes) },
        ]}
      />
      {next === null ? null : <p class="muted">{system.doneMore(format.value.number(total))}</p>}
    </div>
  );
}
