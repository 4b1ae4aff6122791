import { postgresql } from "../../../src/auth/backends/postgresql.ts";
import { POSTGRESQL, postgresqlFolder, startPostgresql } from "../../services/postgresql.ts";
import { sqlContract } from "../sql/contract.ts";

sqlContract({
  backend: postgresql,
  defaultPort: 5432,
  programs: POSTGRESQL,
  prepare: postgresqlFolder,
  start: startPostgresql,
  flag: (value) => (value ? "true" : "false"),
  flagType: "boolean",
  quoted: (text) => `'${text.replaceAll("'", "''")}'`,
  connections: "(select count(*) from pg_stat_activity where usename = 'mqtt')",
  sleep: (seconds) => `pg_sleep(${seconds})::text`,
  isEncrypted: "(select ssl from pg_stat_ssl where pid = pg_backend_pid())",
  refusal: /password authentication failed for user "mqtt"/,
});
