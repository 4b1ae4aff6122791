import type { Backend } from "./backend.ts";
import { anonymous } from "./backends/anonymous.ts";
import { certificate } from "./backends/certificate.ts";
import { clientid } from "./backends/clientid.ts";
import { http } from "./backends/http.ts";
import { jwt } from "./backends/jwt.ts";
import { ldap } from "./backends/ldap.ts";
import { logins } from "./backends/logins.ts";
import { mongodb } from "./backends/mongodb.ts";
import { mysql } from "./backends/mysql.ts";
import { passwordFile } from "./backends/password-file.ts";
import { postgresql } from "./backends/postgresql.ts";
import { redis } from "./backends/redis.ts";
import { users } from "./backends/users.ts";

/** Every kind of login source the broker brings along; Home Assistant's own are handed in from outside. */
export const backends: readonly Backend[] = [
  logins,
  passwordFile,
  certificate,
  users,
  clientid,
  jwt,
  ldap,
  http,
  mysql,
  postgresql,
  redis,
  mongodb,
  anonymous,
];
