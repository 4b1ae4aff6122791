import type { Backend } from "./backend.ts";
import { anonymous } from "./backends/anonymous.ts";
import { certificate } from "./backends/certificate.ts";
import { http } from "./backends/http.ts";
import { ldap } from "./backends/ldap.ts";
import { logins } from "./backends/logins.ts";
import { mysql } from "./backends/mysql.ts";
import { passwordFile } from "./backends/password-file.ts";
import { postgresql } from "./backends/postgresql.ts";

/** Every kind of login source the broker brings along; Home Assistant's own are handed in from outside. */
export const backends: readonly Backend[] = [
  logins,
  passwordFile,
  certificate,
  ldap,
  http,
  mysql,
  postgresql,
  anonymous,
];
