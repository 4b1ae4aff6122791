import { join } from "node:path";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

test("each listener takes the clients that its lines allow", async () => {
  const folder = tempFolder();
  const [mqtt, ws] = [await freePort(), await freePort()];
  save(
    join(folder, "mosquitto.conf"),
    `allow_anonymous true
listener ${mqtt} 127.0.0.1
accept_protocol_versions 5
use_username_as_clientid true
listener ${ws} 127.0.0.1
protocol websockets
websockets_origin https://house.example
`,
  );
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const url = `mqtt://127.0.0.1:${mqtt}`;
  expect(await refusal(url, { protocolVersion: 4, username: "alice" })).toBe(1);
  expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);
  const first = await connect(url, { protocolVersion: 5, username: "alice", clientId: "one" });
  await connect(url, { protocolVersion: 5, username: "alice", clientId: "two" });
  await expect.poll(first.wasClosed).toBe(true);

  const answer = (origin: string | null): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${ws}`, "mqtt", origin === null ? {} : { origin });
      socket.once("open", () => {
        resolve("open");
        socket.terminate();
      });
      socket.once("error", ({ message }) => resolve(message));
    });
  expect(await answer("https://house.example")).toBe("open");
  expect(await answer("https://other.example")).toBe("Unexpected server response: 403");
  expect(await answer(null)).toBe("Unexpected server response: 403");
});

test("a missing client id is taken or refused by the listener it is missing at", async () => {
  const folder = tempFolder();
  const [strict, lenient] = [await freePort(), await freePort()];
  save(
    join(folder, "mosquitto.conf"),
    `per_listener_settings true
listener ${strict} 127.0.0.1
allow_anonymous true
allow_zero_length_clientid false
listener ${lenient} 127.0.0.1
allow_anonymous true
auto_id_prefix lenient-
`,
  );
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const nameless = { clientId: "", protocolVersion: 5 } as const;
  expect(await refusal(`mqtt://127.0.0.1:${strict}`, nameless)).toBe(0x85);
  await connect(`mqtt://127.0.0.1:${lenient}`, nameless);
  await running.line(/Device lenient-[0-9A-F-]{36} at 127\.0\.0\.1 connected/);
});
