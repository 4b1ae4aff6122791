/** The time of day as messages name it: "12:03". */
export function timeOfDay(atMs: number): string {
  const at = new Date(atMs);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** A moment as messages name it: "12:03", or "12:03 on 3 May" when it was not today. */
export function clockTime(atMs: number, nowMs: number = Date.now()): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  return isToday ? timeOfDay(atMs) : `${timeOfDay(atMs)} on ${dayOf(atMs)}`;
}

/** A day as messages name it: "3 May". */
export function dayOf(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getDate()} ${at.toLocaleString("en", { month: "long" })}`;
}
