import { keyIdFault, makeApiKey } from "../auth/api-keys.ts";

/** Makes a key for publishing over HTTP: what the program gets, and the line for the file of keys. */
export function apiKey(id: string): 0 | 2 {
  const fault = keyIdFault(id);
  if (fault !== null) {
    process.stderr.write(`"${id}" is no id of a key: ${fault}.\n`);
    return 2;
  }
  const { secret, line } = makeApiKey(id);
  process.stdout.write(`${line}\n`);
  process.stderr.write(
    `The secret is ${secret}\nIt is shown this once. Put the line above into your file of API keys, and give the program the id and the secret.\n`,
  );
  return 0;
}
