import { fillingOf, type Filling, type TextKind } from "../filling/filling.ts";
import { chatKinds as chatIdKinds, type IdKind } from "../filling/id-kinds.ts";
import { chatKinds, type ChatKind } from "../scene/chats.ts";
import type { Access, Input, Operation } from "../surface/operation.ts";

/** What one input names. */
export interface Slot {
  readonly kind: IdKind;
  /** `own`: whoever attacks names something of their own there; the owner names the victim's all the same. */
  readonly whose: "victim" | "own";
  readonly isList: boolean;
}

/** One way to fill an operation. */
export interface Variant {
  /** For people, such as `user's chat, own chat_id`. */
  readonly name: string;
  readonly access: Access;
  readonly slots: ReadonlyMap<string, Slot>;
  /** What is said besides. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly texts: ReadonlyMap<string, TextKind>;
  /** Whose chat is named, where one is. */
  readonly chat: ChatKind | undefined;
  /** The shortest way to name something, without anything that can be left out. */
  readonly isPlain: boolean;
}

/** The ways to fill an operation, or the inputs of which nobody knows what they mean. */
export type Plan =
  | { readonly variants: readonly Variant[] }
  | { readonly unknown: readonly string[] };

/** Ids that are of a chat; those of a client are known to whoever reads it. */
const ofChat: readonly IdKind[] = [...chatIdKinds, "client message id"];
/** They are said beside whatever else is said. */
const labels: readonly IdKind[] = ["visitor label"];

interface Named {
  readonly input: Input;
  readonly kinds: readonly IdKind[];
}

/**
 * Once with nothing but what is required, once more with each id that can be left out, and where several ids are
 * given, with each of them alone the victim's and the others the attacker's own.
 */
export function planVariants(operation: Operation): Plan {
  const filled = operation.inputs.map((input) => ({ input, filling: fillingOf(operation, input) }));
  const unknown = filled.filter(({ filling }) => filling === undefined);
  if (unknown.length > 0) return { unknown: unknown.map(({ input }) => input.path) };

  const named = filled.flatMap(({ input, filling }) => asNamed(input, filling));
  const base = named.filter(({ input, kinds }) => input.isRequired || isLabel(kinds));
  const optional = named.filter((one) => !base.includes(one));
  const sets = [base, ...optional.map((one) => [...base, one])];
  const fixed = { ...readFixed(filled), access: operation.access };
  const variants = sets.flatMap((set, index) => {
    // Where nothing has to be named, the first that can be is.
    const isPlain = index === 0 || (index === 1 && base.length === 0);
    return expand(set).flatMap((slots) => [
      ...withChats(slots, { ...fixed, isPlain }),
      ...mix(slots).flatMap((mixed) => withChats(mixed, { ...fixed, isPlain: false })),
    ]);
  });
  const forPlatform = filled.flatMap(({ input, filling }) => {
    if (typeof filling !== "object" || !("platformValue" in filling)) return [];
    const values = new Map([...fixed.values, [input.path, filling.platformValue]]);
    const raised = { ...fixed, values, access: "platform" as const, isPlain: false };
    return expand(base).flatMap((slots) =>
      withChats(slots, raised).map((one) => ({ ...one, name: `${one.name}, ${input.path}` })),
    );
  });
  return { variants: [...variants, ...forPlatform] };
}

type Slots = ReadonlyMap<string, Slot>;
type Fixed = Pick<Variant, "access" | "values" | "texts" | "isPlain">;
type Filled = readonly { readonly input: Input; readonly filling: Filling | undefined }[];

function asNamed(input: Input, filling: Filling | undefined): Named[] {
  return typeof filling === "object" && "ids" in filling ? [{ input, kinds: filling.ids }] : [];
}

function isLabel(kinds: readonly IdKind[]): boolean {
  return kinds.every((kind) => labels.includes(kind));
}

function readFixed(filled: Filled): Pick<Variant, "values" | "texts"> {
  const values = new Map<string, unknown>();
  const texts = new Map<string, TextKind>();
  for (const { input, filling } of filled) {
    if (typeof filling !== "object") continue;
    if ("value" in filling) values.set(input.path, filling.value);
    if ("text" in filling) texts.set(input.path, filling.text);
  }
  return { values, texts };
}

/** Each kind that an input can name, with each of the others. */
function expand(named: readonly Named[]): Slots[] {
  return named.reduce<Slots[]>(
    (all, { input, kinds }) =>
      all.flatMap((slots) =>
        kinds.map((kind) => {
          const slot: Slot = { kind, whose: "victim", isList: input.isList };
          return new Map([...slots, [input.path, slot]]);
        }),
      ),
    [new Map()],
  );
}

function mix(slots: Slots): Slots[] {
  const mixable = [...slots].filter(([, { kind }]) => ofChat.includes(kind));
  if (mixable.length < 2) return [];
  return mixable.map(
    ([path]) =>
      new Map(
        [...slots].map(([at, slot]) => {
          const isOwn = at !== path && ofChat.includes(slot.kind);
          return [at, isOwn ? { ...slot, whose: "own" as const } : slot];
        }),
      ),
  );
}

function withChats(slots: Slots, fixed: Fixed): Variant[] {
  const isOfChat = [...slots.values()].some(({ kind }) => ofChat.includes(kind));
  const chats = isOfChat ? chatKinds : [undefined];
  return chats.map((chat) => ({ ...fixed, slots, chat, name: nameOf(slots, chat) }));
}

function nameOf(slots: Slots, chat: ChatKind | undefined): string {
  const parts = [...slots].map(([path, { kind, whose }]) => {
    const name = path.split(".").at(-1);
    return `${whose === "own" ? "own " : ""}${name === kind ? name : `${name}: ${kind}`}`;
  });
  return [...(chat ? [chat] : []), ...parts].join(", ") || "as it is";
}
