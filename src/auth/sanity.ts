import type { Credentials, Reason } from "../core/types.ts";

const MAX_CLIENT_ID = 65_535;
const MAX_USER_NAME = 256;
const MAX_PASSWORD_BYTES = 4096;

/** Finds what no login source should ever see; null when everything can be asked about. Quotes nothing. */
export function findUnfit({ clientId, username, password }: Credentials): Reason | null {
  const idFault = findTextFault(clientId, MAX_CLIENT_ID);
  if (idFault !== null) {
    return { kind: "client_id_refused", sentence: `the client id cannot be used because it ${idFault}` };
  }
  const nameFault = username === null ? null : findTextFault(username, MAX_USER_NAME);
  if (nameFault !== null) {
    return { kind: "unknown_user", sentence: `the user name cannot be used because it ${nameFault}` };
  }
  if (password !== null && password.length > MAX_PASSWORD_BYTES) {
    return { kind: "wrong_password", sentence: `the password is longer than ${MAX_PASSWORD_BYTES} bytes` };
  }
  return null;
}

function findTextFault(text: string, maxLength: number): string | null {
  if (text.length > maxLength) return `is longer than ${maxLength} characters`;
  // no U+0000, and better no other control character [MQTT-1.5.4-2]: a database, a header or a log line would choke
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return "holds a control character";
  // what was not UTF-8 arrives with replacement characters [MQTT-1.5.4-1], and different names would look the same
  if (!text.isWellFormed() || text.includes("\ufffd")) return "is not UTF-8";
  return null;
}
