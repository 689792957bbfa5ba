import type { Random } from "../../faults/random.ts";
import type { TwoPlatforms } from "../../support/two-platforms.ts";
import { call, readState, type Answer } from "./doors.ts";
import type { Shown } from "./picture.ts";

/** One who changes a chat at random, at both processes by turns. */
export interface Writer {
  readonly chatId: string;
  /** Does one thing. */
  step(): Promise<void>;
  /** Resolves when all turns have ended. */
  settle(): Promise<void>;
  rename(title: string): Promise<void>;
  remove(): Promise<void>;
}

/** How often each thing was done, and not refused. */
export type Done = Map<string, number>;

export const weights = { ask: 5, edit: 3, regenerate: 3, choose: 3, rate: 3, rename: 2, cancel: 1 };

export async function startWriter(
  { at }: Pick<TwoPlatforms, "at">,
  random: Random,
  done: Done,
): Promise<Writer> {
  let count = 0;
  const platform = () => at((count += 1));
  const made = await call(platform(), "POST", "", {});
  const chatId = String(made.body["id"]);
  const turns = new Set<Promise<void>>();
  const kinds = new Map<string, "user" | "assistant">();

  function expectOne({ status, body }: Answer, allowed: readonly number[], what: string): void {
    if (!allowed.includes(status)) throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
    if (status < 300) done.set(what, (done.get(what) ?? 0) + 1);
  }

  /** Answered when its turn has ended; a busy chat and an unfinished answer are refused, as they should be. */
  function begin(kind: string, path: string, json?: object): void {
    const turn = call(platform(), "POST", `/${chatId}/messages${path}`, json).then((answer) =>
      expectOne(answer, [200, 409, 400], kind),
    );
    turn.catch(() => "settle() throws it");
    turns.add(turn);
  }

  async function find(role: "user" | "assistant", isEnded = false): Promise<Shown | undefined> {
    const state = await readState(platform(), chatId, "all");
    const found = (state?.messages ?? []).filter(
      ({ id, status }) => kinds.get(id) === role && (!isEnded || status === "complete"),
    );
    return found.length > 0 ? random.pick(found) : undefined;
  }

  async function learn(): Promise<void> {
    const page = await call(platform(), "GET", `/${chatId}/messages?limit=100&branches=all`);
    for (const { id, role } of page.body["items"] as { id: string; role: "user" | "assistant" }[])
      kinds.set(id, role);
  }

  async function step(): Promise<void> {
    await learn();
    const kind = random.weigh(weights);
    const content = `Tomatoes and beans, ${count}`;
    const answer = await find("assistant", true);
    const question = await find("user");
    if (kind === "rename") {
      const renamed = await call(platform(), "PATCH", `/${chatId}`, { title: content });
      expectOne(renamed, [200], kind);
    } else if (kind === "ask" || !answer || !question) begin("ask", "", { content });
    else if (kind === "edit") begin(kind, `/${question.id}/edit`, { content });
    else if (kind === "regenerate") begin(kind, `/${answer.id}/regenerate`);
    else if (kind === "cancel") {
      const running = await find("assistant");
      const path = `/${chatId}/messages/${running?.id}/cancel`;
      expectOne(await call(platform(), "POST", path), [200, 202, 204], kind);
    } else if (kind === "choose") {
      const target = random.chance(0.5) ? question : answer;
      const chosen = await call(platform(), "POST", `/${chatId}/messages/${target.id}/choose`);
      expectOne(chosen, [200], kind);
    } else {
      const rating = random.pick(["up", "down", null]);
      const path = `/${chatId}/messages/${answer.id}/feedback`;
      const rated = await call(platform(), "PUT", path, { rating });
      expectOne(rated, [200], kind);
    }
  }

  return {
    chatId,
    step,
    async settle() {
      await Promise.all(turns);
      turns.clear();
    },
    async rename(title) {
      expectOne(await call(platform(), "PATCH", `/${chatId}`, { title }), [200], "settle");
    },
    async remove() {
      expectOne(await call(platform(), "DELETE", `/${chatId}`), [200, 204], "delete");
    },
  };
}
