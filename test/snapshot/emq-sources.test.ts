import { join } from "node:path";
import { expect, test } from "vitest";
import { sentence } from "../../src/core/problem.ts";
import { readSources } from "../../src/snapshot/sources.ts";
import { save } from "../helpers/culex.ts";
import { tempFolder } from "../helpers/temp.ts";
import { standAlone } from "../settings/compose.ts";

const TLS = `listener.tcp.a = 1883
mqtt.acl_nomatch = deny
auth.pgsql.database = mqtt
auth.pgsql.auth_query = select 1
auth.pgsql.ssl = true
auth.pgsql.ssl_opts.cacertfile = etc/certs/ca.pem
auth.pgsql.ssl_opts.verify = verify_peer
`;

function read(confFile: string) {
  return readSources({ environment: standAlone, optionsFile: null, confFile }, null);
}

test("certificates that lines of plugins name are read with them, and watched", async () => {
  const etc = tempFolder();
  save(join(etc, "emq.conf"), TLS);
  save(join(etc, "certs", "ca.pem"), "CA\n");
  const { settings, watched, problems } = await read(join(etc, "emq.conf"));
  expect(problems).toEqual([]);
  expect(settings.auth[0]?.settings).toMatchObject({ tls: { ca: "CA\n" } });
  expect(settings.auth[0]?.written?.faults).toEqual([]);
  expect(watched).toContain(join(etc, "certs", "ca.pem"));
});

test("of the folder of plugins the files count that are loaded, and without the list all of them", async () => {
  const root = tempFolder();
  const conf = join(root, "etc", "emq.conf");
  save(
    conf,
    "listener.tcp.a = 1883\nmqtt.plugins.etc_dir = etc/plugins/\nmqtt.plugins.loaded_file = data/loaded_plugins\n",
  );
  save(join(root, "etc", "plugins", "emq_auth_username.conf"), "auth.user.1.username = a\nauth.user.1.password = b\n");
  save(join(root, "etc", "plugins", "emq_auth_clientid.conf"), "auth.client.a = b\n");
  const all = await read(conf);
  expect(all.settings.auth.map(({ type }) => type)).toEqual(["users", "clientid"]);
  expect(all.problems.map(sentence)).toEqual([
    'emq.conf line 3: "mqtt.plugins.loaded_file": the file "data/loaded_plugins" cannot be read (ENOENT). The plugins of all files in the folder of plugins count as loaded. Copy the file too, or leave only the files of plugins that are to be used in that folder.',
  ]);

  const list = join(root, "data", "loaded_plugins");
  save(list, "emq_retainer.\nemq_auth_clientid.\n");
  const some = await read(conf);
  expect(some.settings.auth.map(({ type }) => type)).toEqual(["clientid"]);
  expect(some.problems).toEqual([]);
  expect(some.watched).toContain(list);
});

test("a folder of plugins that is there and cannot be listed lets a broker not start", async () => {
  const etc = tempFolder();
  save(join(etc, "emq.conf"), "listener.tcp.a = 1883\nmqtt.plugins.etc_dir = etc/plugins\n");
  save(join(etc, "plugins"), "a file");
  await expect(read(join(etc, "emq.conf"))).rejects.toMatchObject({
    problems: [
      {
        what: 'emq.conf line 2: "mqtt.plugins.etc_dir": the folder "etc/plugins" cannot be read (ENOTDIR).',
        now: "The broker does not start.",
      },
    ],
  });
});
