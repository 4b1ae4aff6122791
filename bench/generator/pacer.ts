/** Calls `send` a given number of times a second, evenly; what a late timer missed is made up for. Gives the stop. */
export function startPacer(perSecond: number, send: () => void): () => void {
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000);
    for (; sent < due; sent++) send();
  }, 1);
  return () => clearInterval(timer);
}
