import { createPieceJoiner } from "./pieces.ts";
import type { Clock, Logger } from "../ports.ts";
import type { TurnStore } from "./turn-store.ts";
import type { TurnJob } from "./turn.ts";
import type { TurnWriter } from "./live-turn.ts";

export const checkpointMs = 1000;
export const checkpointLength = 4096;

export interface TranscriptDeps {
  readonly turns: TurnStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The published text of one attempt, with its checkpoints and the time of its first piece. */
export interface Transcript {
  push(text: string): void;
  /** Publishes what is still held back; nothing may be pushed after. */
  flush(): void;
  text(): string;
  firstChunkMs(): number | null;
  /** Waits for a checkpoint under way. */
  settle(): Promise<void>;
  /** Checkpoints all of the text, for the case that no ending will carry it. */
  keep(): Promise<void>;
}

/** @param onFenced called when a checkpoint finds that the attempt is no longer ours. */
export function createTranscript(
  { turns, clock, logger }: TranscriptDeps,
  { tenant, answer, since }: TurnJob,
  writer: TurnWriter,
  onFenced: () => void,
): Transcript {
  let text = "";
  let saved = { length: 0, at: clock.now() };
  /** How much of the text is known to be stored. */
  let kept = 0;
  let saving: Promise<void> | undefined;
  let firstAt: number | undefined;

  async function save(): Promise<void> {
    const { length } = text;
    saved = { length, at: clock.now() };
    try {
      if (await turns.checkpoint(tenant, answer.id, answer.attempt, text)) kept = length;
      else onFenced();
    } catch (error) {
      // The next checkpoint or the ending carries this text too.
      logger.warn(
        { err: error, tenant_id: tenant.id, message_id: answer.id },
        "A checkpoint was not stored",
      );
    }
  }

  const joiner = createPieceJoiner(clock, (content) => {
    firstAt ??= clock.now();
    text += content;
    writer.append(content);
    const isDue =
      clock.now() - saved.at >= checkpointMs || text.length - saved.length >= checkpointLength;
    if (isDue) saving ??= save().finally(() => (saving = undefined));
  });

  return {
    push: joiner.push,
    flush: joiner.flush,
    text: () => text,
    firstChunkMs: () => (firstAt === undefined ? null : firstAt - since),
    settle: async () => saving,
    async keep() {
      await saving;
      if (text.length > kept) await save();
    },
  };
}
