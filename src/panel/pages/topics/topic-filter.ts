/** Whether a text is a topic filter, so that it can be said while it is typed: "home/+/state", "home/#". */
export function isFilter(text: string): boolean {
  if (text === "" || text.includes("\0")) return false;
  const levels = text.split("/");
  return levels.every(
    (level, index) => level === "+" || (level === "#" && index === levels.length - 1) || !/[+#]/.test(level),
  );
}
