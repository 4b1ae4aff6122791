import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { GroupInfo, RoleInfo } from "../../../core/api/access.ts";
import { Field } from "../../components/controls.tsx";
import { Card, Notice } from "../../components/page.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { Place } from "../../components/place.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useLate } from "../../components/use-late.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { GroupEditor } from "./group-editor.tsx";
import { Remove } from "./remove.tsx";
import { RoleEditor } from "./role-editor.tsx";

const AGAIN_MS = 5000;
/** Entries of a role in the list; the editor has them all. */
const SHOWN = 5;

/** The roles and the groups: those of dynamic security to change, those of auth.yaml to see. */
export function Roles(): JSX.Element {
  const panel = usePanel();
  const { access, general } = panel.words.value;
  const { user } = panel.router.route.value.query;
  const search = useSignal("");
  const words = `q=${segment(useLate(search.value))}`;
  return (
    <>
      {user === undefined ? null : (
        <Notice tone="note" actions={<a href={hrefOf("access", ["roles"])}>{access.allRoles}</a>}>
          {access.rolesOf} <Foreign text={user} />
        </Notice>
      )}
      <div class="toolbar">
        <Field label={general.search} value={search.value} onInput={(text) => (search.value = text)} />
      </div>
      <div class="stack">
        <List
          noun="roles"
          query={user === undefined ? words : `${words}&user=${segment(user)}`}
          empty={search.value === "" && user === undefined ? access.noRoles : general.nothingFound}
        />
        {user === undefined ? (
          <List noun="groups" query={words} empty={search.value === "" ? access.noRoles : general.nothingFound} />
        ) : null}
      </div>
    </>
  );
}

interface ListProps {
  readonly noun: "roles" | "groups";
  readonly query: string;
  /** What is said where there are none. */
  readonly empty: string;
}

const MAKE = "make";
const CHANGES = ["edit", "delete"] as const;

/** One of both lists, with what can be done to each. */
function List({ noun, query, empty }: ListProps): JSX.Element {
  const { access } = usePanel().words.value;
  const { roleColumns: columns } = access;
  const doing = useSignal<{ readonly what: typeof MAKE | (typeof CHANGES)[number]; readonly name: string } | null>(
    null,
  );
  const pages = usePages<RoleInfo | GroupInfo>(noun, query, AGAIN_MS, "");
  const title = access[noun];
  const onClose = (): void => void (doing.value = null);
  const onDone = (): void => {
    onClose();
    pages.reload();
  };
  const shown = doing.value;
  const Form = noun === "roles" ? RoleEditor : GroupEditor;
  const button = (what: typeof MAKE | (typeof CHANGES)[number], name: string): JSX.Element => (
    <button
      key={what}
      type="button"
      class={`button${what === MAKE ? "" : " button--small"}`}
      aria-haspopup="dialog"
      aria-label={what === MAKE ? `${access.make}: ${title}` : `${access[what]}: ${visible(name)}`}
      onClick={() => (doing.value = { what, name })}
    >
      {access[what]}
    </button>
  );
  return (
    <Card title={title} actions={button(MAKE, "")}>
      {pages.data === null ? (
        <Waiting fetched={pages} />
      ) : (
        <Table
          caption={title}
          empty={empty}
          rows={pages.data.items}
          keyOf={(row) => ("where" in row ? `${row.where.file} ${row.name}` : row.name)}
          columns={[
            { name: "name", label: columns.name, isHeading: true, cell: ({ name }) => <Foreign text={name} /> },
            { name: "has", label: columns[noun], cell: hasOf },
            { name: "users", label: columns.users, isNumber: true, cell: ({ users }) => String(users) },
            {
              name: "change",
              label: columns.change,
              cell: (row) =>
                row.writable ? (
                  <span class="actions">{CHANGES.map((what) => button(what, row.name))}</span>
                ) : "where" in row ? (
                  <>
                    {access.editAt} <Place where={row.where} />
                  </>
                ) : (
                  "–"
                ),
            },
          ]}
        />
      )}
      <Pager pages={pages} />
      {shown === null ? null : shown.what === "delete" ? (
        <Remove noun={noun} name={shown.name} onClose={onClose} onDone={onDone} />
      ) : (
        <Form name={shown.name} isNew={shown.what === MAKE} onClose={onClose} onDone={onDone} />
      )}
    </Card>
  );
}

/** What a role says, or the roles of a group. */
function hasOf(row: RoleInfo | GroupInfo): ComponentChildren {
  const texts =
    "acls" in row
      ? row.acls.map(({ type, topic, allow }) => `${type} ${topic}, ${allow ? "allow" : "deny"}`)
      : row.roles;
  return (
    <>
      {texts.slice(0, SHOWN).map((text, at) => (
        <div key={at}>
          <Foreign text={text} />
        </div>
      ))}
      {texts.length > SHOWN ? `+ ${texts.length - SHOWN}` : null}
    </>
  );
}
