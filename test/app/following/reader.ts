import type { Platform } from "../../support/platform.ts";
import { readState, type Door } from "./doors.ts";
import { createPicture, type Picture, type State } from "./picture.ts";

/** One who follows a chat at one door, and comes back at any process. */
export interface Reader {
  readonly picture: Picture;
  readonly name: string;
  /** Loses the line, and comes back at that process to the last place. */
  moveTo(platform: Platform): Promise<void>;
  /** Resolves when the picture is as it should be. @throws what following failed of */
  until(isThere: (state: State | "deleted") => boolean): Promise<void>;
  leave(): Promise<void>;
}

export function startReader(name: string, door: Door, first: Platform, chatId: string): Reader {
  let platform = first;
  const picture = createPicture(() => readState(platform, chatId));
  let place: string | undefined;
  let wake = (): void => undefined;
  let failure: unknown;
  let run = open();

  async function follow(leaving: AbortSignal): Promise<void> {
    try {
      const isBack = place !== undefined;
      for await (const next of door(platform, chatId, place, leaving)) {
        if (leaving.aborted) return;
        // Who comes back to a place knows all that is before it.
        if (!(isBack && next.told.type === "subscribed")) await picture.take(next.told);
        ({ place } = next);
        wake();
      }
    } catch (error) {
      if (!leaving.aborted) failure ??= error;
    }
    wake();
  }

  function open() {
    const leaving = new AbortController();
    const done = follow(leaving.signal);
    return {
      stop: () => {
        leaving.abort();
        return done;
      },
    };
  }

  return {
    name,
    picture,
    async moveTo(next) {
      if (picture.state === "deleted") return;
      await run.stop();
      platform = next;
      run = open();
    },
    async until(isThere) {
      while (!isThere(picture.state)) {
        if (failure) throw failure;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    leave: () => run.stop(),
  };
}
