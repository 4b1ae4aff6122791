import { hashPassword } from "../auth/password.ts";
import { readHidden } from "./read-hidden.ts";

/** Asks for a password and prints its hash. A password never comes from the command line: process lists show it. */
export async function passwd(username: string | null): Promise<0 | 2> {
  if (username !== null && (username === "" || username.includes(":"))) {
    process.stderr.write('A username in a password file may not be empty and may not contain ":".\n');
    return 2;
  }
  const password = await readPassword();
  if (password === "") {
    process.stderr.write("An empty password is not accepted.\n");
    return 2;
  }
  const hash = await hashPassword(password);
  process.stdout.write(username === null ? `${hash}\n` : `${username}:${hash}\n`);
  return 0;
}

/** One line of standard input; on a terminal it is asked for twice and not shown. */
async function readPassword(): Promise<string> {
  if (!process.stdin.isTTY) return readHidden("");
  const first = await readHidden("Password: ");
  const second = await readHidden("Once more: ");
  if (first === second) return first;
  process.stderr.write("The two do not match.\n");
  return "";
}
