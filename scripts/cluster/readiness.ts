import { get } from "node:http";

const pauseMs = 500;
const answerMs = 1000;

/**
 * Asks a process every 500 ms whether it is ready, until the signal.
 * @param onAnswer is told of each answer; a process that doesn't answer in a second is not ready.
 */
export async function watchReadiness(
  port: number,
  signal: AbortSignal,
  onAnswer: (isReady: boolean) => void,
): Promise<void> {
  while (!signal.aborted) {
    const isReady = await askReadiness(port);
    if (signal.aborted) return;
    onAnswer(isReady);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, pauseMs);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done);
    });
  }
}

/** Whether /health/ready answers with 200 now. */
export function askReadiness(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const address = { host: "127.0.0.1", port, path: "/health/ready", agent: false };
    const request = get({ ...address, signal: AbortSignal.timeout(answerMs) }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}
