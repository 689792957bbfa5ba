import type { TurnRef, TurnView } from "./turn-event.ts";

/** What stood in the store of turns that have ended, for as long as anybody reads it. */
export interface EndedTurns {
  find(turn: TurnRef): TurnView | undefined;
  /** The view for this reader: that of another one, where there is any, so that hundreds hold one text. */
  share(turn: TurnRef, view: TurnView): TurnView;
}

export function createEndedTurns(): EndedTurns {
  const held = new Map<string, WeakRef<TurnView>>();
  const dropped = new FinalizationRegistry<string>((key) => {
    if (!held.get(key)?.deref()) held.delete(key);
  });
  const keyOf = ({ tenantId, messageId }: TurnRef) => `${tenantId}/${messageId}`;
  const find = (turn: TurnRef) => held.get(keyOf(turn))?.deref();

  return {
    find,
    share(turn, view) {
      const known = find(turn);
      if (known) return known;
      const key = keyOf(turn);
      held.set(key, new WeakRef(view));
      dropped.register(view, key);
      return view;
    },
  };
}
