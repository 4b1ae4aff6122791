import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { BackendInfo, UserInfo } from "../../../core/api/access.ts";
import { Field } from "../../components/controls.tsx";
import { Badge } from "../../components/page.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { Place } from "../../components/place.tsx";
import { type Column, type Order, Table } from "../../components/table.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { useLate } from "../../components/use-late.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel, type Panel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { NewPassword } from "./new-password.tsx";
import { Remove } from "./remove.tsx";
import { EditUser, NewUserDialog } from "./user-dialogs.tsx";

const AGAIN_MS = 5000;

/** What is done to a user. */
interface Doing {
  readonly what: "password" | "edit" | "delete";
  readonly user: UserInfo;
}

/** The users of all sources. Never a password: those that are made here are shown once. */
export function Users(): JSX.Element {
  const panel = usePanel();
  const { words, router, store } = panel;
  const { access, general } = words.value;
  const { user: search = "", new: isNew } = router.route.value.query;
  const doing = useSignal<Doing | null>(null);
  const order = useSignal<Order>({ name: "name", down: false });
  const { name: sort, down } = order.value;
  const query = `q=${segment(useLate(search))}&sort=${sort}&dir=${down ? "desc" : "asc"}`;
  const pages = usePages<UserInfo>("users", query, AGAIN_MS, store.overview.value?.rules.loadedAt ?? "");
  const { data } = pages;
  const look = (query: Readonly<Record<string, string>>): void => router.replace(hrefOf("access", ["users"], query));
  const onClose = (): void => void (doing.value = null);
  const onDone = (): void => {
    onClose();
    pages.reload();
  };
  return (
    <>
      <div class="toolbar">
        <Field label={general.search} value={search} onInput={(user) => look(user === "" ? {} : { user })} />
        <button type="button" class="button button--main" aria-haspopup="dialog" onClick={() => look({ new: "" })}>
          {access.newUser}
        </button>
      </div>
      {data === null ? (
        <Waiting fetched={pages} />
      ) : (
        <Table
          caption={access.tab.users}
          empty={search === "" ? access.noUsers : general.nothingFound}
          rows={data.items}
          keyOf={({ name, source }) => `${source} ${name}`}
          sortedBy={order.value}
          onOrder={(next) => (order.value = next)}
          columns={columnsOf(panel, (what, user) => (doing.value = { what, user }))}
        />
      )}
      <Pager pages={pages} />
      <Elsewhere />
      {isNew === undefined ? null : (
        <NewUserDialog
          name={isNew}
          onClose={() => {
            look({});
            pages.reload();
          }}
        />
      )}
      {doing.value?.what === "password" ? (
        <NewPassword name={doing.value.user.name} source={doing.value.user.source} onClose={onClose} />
      ) : null}
      {doing.value?.what === "edit" ? (
        <EditUser name={doing.value.user.name} isNew={false} onClose={onClose} onDone={onDone} />
      ) : null}
      {doing.value?.what === "delete" ? (
        <Remove noun="users" name={doing.value.user.name} onClose={onClose} onDone={onDone} />
      ) : null}
    </>
  );
}

/** Sources whose users are known one by one, or that have none. */
const LISTED = ["system-users", "logins", "dynamic-security", "password-file", "users", "anonymous"];

/** Where the users are that nobody here can list. */
function Elsewhere(): JSX.Element {
  const { access } = usePanel().words.value;
  const sources = useFetched<readonly BackendInfo[]>("backends").data ?? [];
  const others = sources.filter(({ type }) => !LISTED.includes(type) && type !== "home-assistant");
  return (
    <>
      {sources.some(({ type }) => type === "home-assistant") ? <p class="muted">{access.usersOfHa}</p> : null}
      {others.length === 0 ? null : (
        <p class="muted">
          {access.usersElsewhere}{" "}
          <a href={hrefOf("access", ["backends"])}>
            <Foreign text={others.map(({ name }) => name).join(", ")} />
          </a>
        </p>
      )}
    </>
  );
}

function columnsOf({ words }: Panel, act: (what: Doing["what"], user: UserInfo) => void): readonly Column<UserInfo>[] {
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
      cell: ({ source, where, writable }) => (
        <>
          <Badge tone="quiet">{devices.sources[source]}</Badge>
          {where === undefined || !writable ? null : (
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
      cell: ({ passwordSet }) => (passwordSet ? access.passwordSet : access.noPassword),
    },
    {
      name: "change",
      label: access.roleColumns.change,
      cell: (user) => {
        const { name, source, writable, where } = user;
        const shown = visible(name);
        // a password file is the owner's: he pastes the line that the broker makes
        const isPasted = source === "file" && where !== undefined && where.line === undefined;
        const ways = [
          ["password", writable || isPasted, devices.newPassword, access.newPasswordFor(shown)],
          ["edit", writable && source === "dynsec", access.edit, `${access.edit}: ${shown}`],
          ["delete", writable, access.delete, `${access.delete}: ${shown}`],
        ] as const;
        return (
          <span class="actions">
            {ways.map(([what, isThere, label, full]) =>
              isThere ? (
                <button
                  key={what}
                  type="button"
                  class="button button--small"
                  aria-haspopup="dialog"
                  aria-label={full}
                  onClick={() => act(what, user)}
                >
                  {label}
                </button>
              ) : null,
            )}
            {writable ? null : where === undefined ? (
              "–"
            ) : (
              <span>
                {access.editAt} <Place where={where} />
              </span>
            )}
          </span>
        );
      },
    },
  ];
}
