import { mysql } from "../../../src/auth/backends/mysql.ts";
import { MARIADB, mariadbFolder, startMariadb } from "../../services/mariadb.ts";
import { sqlContract } from "../sql/contract.ts";

sqlContract({
  backend: mysql,
  defaultPort: 3306,
  programs: MARIADB,
  prepare: mariadbFolder,
  start: (data, port, tls) =>
    startMariadb(data, port, tls === undefined ? [] : [`--ssl-cert=${tls.certFile}`, `--ssl-key=${tls.keyFile}`]),
  flag: (value) => (value ? "1" : "0"),
  flagType: "tinyint(1)",
  quoted: (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`,
  connections: "(select count(*) from information_schema.processlist where user = 'mqtt')",
  sleep: (seconds) => `sleep(${seconds})`,
  isEncrypted:
    "(select variable_value from information_schema.session_status where variable_name = 'Ssl_cipher') <> ''",
  refusal: /Access denied for user 'mqtt'@/,
});
