/** Finds names by words between dots: "*" is any word, "**" any that follow. */
export function patternOf(name: string): RegExp {
  const words = name.split(".").map((word) => (word === "**" ? ".+" : word === "*" ? "[^.]+" : word));
  return new RegExp(`^${words.join("\\.")}$`);
}
