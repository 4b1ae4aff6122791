import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { UserInfo } from "../../../core/api/access.ts";
import type { Page } from "../../../core/api/common.ts";
import { Field } from "../../components/controls.tsx";
import { Badge } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel, type Panel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { NewPassword } from "./new-password.tsx";

const AGAIN_MS = 5000;

/** The users of all sources. Never a password: those that are made here are shown once. */
export function Users(): JSX.Element {
  const panel = usePanel();
  const { words, router, format } = panel;
  const { access, general } = words.value;
  const search = router.route.value.query["user"] ?? "";
  const asking = useSignal<string | null>(null);
  const fetched = useFetched<Page<UserInfo>>("users?limit=200", AGAIN_MS);
  const { data } = fetched;
  return (
    <>
      <div class="toolbar">
        <Field
          label={general.search}
          value={search}
          onInput={(user) => router.replace(hrefOf("access", ["users"], user === "" ? {} : { user }))}
        />
      </div>
      {data === null ? (
        <Waiting fetched={fetched} />
      ) : (
        <>
          <Table
            caption={access.tab.users}
            empty={data.total === 0 ? access.noUsers : general.nothingFound}
            rows={data.items.filter((user) => holds(user, search))}
            keyOf={({ name, source }) => `${source} ${name}`}
            columns={columnsOf(panel, (name) => (asking.value = name))}
          />
          {data.next === null ? null : (
            <p class="muted">
              {access.moreUsers(format.value.number(data.items.length), format.value.number(data.total))}
            </p>
          )}
        </>
      )}
      {asking.value === null ? null : <NewPassword name={asking.value} onClose={() => (asking.value = null)} />}
    </>
  );
}

function columnsOf({ words }: Panel, ask: (name: string) => void): readonly Column<UserInfo>[] {
  const { access, devices } = words.value;
  const { userColumns: columns } = access;
  return [
    {
      name: "name",
      label: columns.name,
      isHeading: true,
      by: ({ name }) => name,
      cell: ({ name, disabled }) => (
        <>
          <Foreign text={name} /> {disabled ? <Badge tone="bad">{access.disabled}</Badge> : null}
        </>
      ),
    },
    {
      name: "source",
      label: columns.source,
      by: ({ source }) => source,
      cell: ({ source, where }) => (
        <>
          {devices.sources[source]}
          {where === undefined ? null : (
            <div class="muted small">
              <Place where={where} />
            </div>
          )}
        </>
      ),
    },
    {
      name: "roles",
      label: columns.roles,
      cell: ({ roles, groups }) =>
        roles.length + groups.length === 0 ? "–" : <Foreign text={[...roles, ...groups].join(", ")} />,
    },
    {
      name: "password",
      label: columns.password,
      cell: ({ name, passwordSet, writable }) => (
        <>
          {passwordSet ? access.passwordSet : access.noPassword}{" "}
          {writable ? (
            <button
              type="button"
              class="button button--small"
              aria-haspopup="dialog"
              aria-label={access.newPasswordFor(visible(name))}
              onClick={() => ask(name)}
            >
              {devices.newPassword}
            </button>
          ) : null}
        </>
      ),
    },
  ];
}

function holds({ name, roles, groups }: UserInfo, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [name, ...roles, ...groups].some((text) => text.toLowerCase().includes(wanted));
}
