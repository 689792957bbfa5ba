import type { Reading } from "./answer.ts";
import { describeHttp, headersOf, openHttp, printCall, type HttpCall } from "./http-call.ts";

/** How long is waited for the text of a stream that is looked for. */
const patienceMs = 20_000;

/** @param isDone tells from the status and the text whether anything was given. */
export async function readHttp(
  call: HttpCall,
  isDone: (status: number, text: string) => boolean,
  codeOf: (status: number, text: string) => string,
): Promise<Reading> {
  const response = await openHttp(call);
  let isLeaving = false;
  let text = "";
  let wake = (): void => undefined;
  let isOver = false;

  async function read(): Promise<void> {
    try {
      for await (const part of response) {
        text += String(part);
        wake();
      }
    } catch (error) {
      if (!isLeaving) text += `\nbroken: ${String(error)}`;
    } finally {
      isOver = true;
      wake();
    }
  }
  const ended = read();

  return {
    ended,
    async until(holds) {
      const deadline = Date.now() + patienceMs;
      while (!holds(text)) {
        if (isOver || Date.now() > deadline) throw new Error(`It never came: ${text.slice(-300)}`);
        await Promise.race([
          new Promise<void>((resolve) => (wake = resolve)),
          new Promise<void>((resolve) => setTimeout(resolve, 1000).unref()),
        ]);
      }
    },
    async close() {
      isLeaving = true;
      response.destroy();
      await ended;
      const status = response.statusCode ?? 0;
      const answer = describeHttp(
        { status, headers: headersOf(response), body: text },
        isDone(status, text),
        codeOf(status, text),
      );
      return { answer, sent: printCall(call) };
    },
  };
}
