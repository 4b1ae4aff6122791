import { startSupervisor } from "../helpers/supervisor.ts";

/** The Supervisor stand-in as a program: what the app in the container finds at http://supervisor. */
await startSupervisor({
  port: 80,
  token: "the-token",
  slug: "local_culex",
  hostname: "local-culex",
  users: { klaus: "klaus' password" },
});
