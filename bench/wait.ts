/** Waits; the load goes on meanwhile. */
export function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}

const LOOK_S = 0.01;

/** Waits until something holds, or until it has taken too long; the caller finds out which. */
export async function waitUntil(holds: () => boolean, timeoutS: number): Promise<void> {
  const deadline = performance.now() + timeoutS * 1000;
  while (!holds() && performance.now() < deadline) await wait(LOOK_S);
}
