import { closest } from "../../core/suggest.ts";

/** Comparing takes its time: more users, longer names and more answers than a home has are left out. */
const MAX_USERS = 200;
const LONGEST_NAME = 64;
const MAX_ANSWERS = 500;

/** Finds the user whose name somebody probably meant; `users` gives another array when they have changed. */
export function createNamesake(users: () => readonly string[]): (name: string) => string | null {
  let compared = users();
  const answers = new Map<string, string | null>();
  return (name) => {
    const known = users();
    if (known !== compared || answers.size >= MAX_ANSWERS) answers.clear();
    compared = known;
    if (known.length > MAX_USERS || name.length > LONGEST_NAME) return null;
    const before = answers.get(name);
    if (before !== undefined) return before;
    const meant = closest(
      name,
      known.filter((user) => user.length <= LONGEST_NAME),
    );
    answers.set(name, meant);
    return meant;
  };
}
