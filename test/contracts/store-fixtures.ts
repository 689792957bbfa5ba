import { defaultChatTitle, type Chat } from "../../api/core/chats.ts";
import { newId } from "../../api/core/ids.ts";
import type { UnansweredStore } from "../../api/core/answering/unanswered.ts";
import type { Ending, Message } from "../../api/core/message.ts";
import type { Branches, ChatStore, Page, PageRequest } from "../../api/core/ports.ts";
import type { LeaseStore } from "../../api/core/turns/lease-store.ts";
import type {
  NewTurn,
  SavedTurn,
  TurnFinish,
  TurnStop,
  TurnStore,
  UnfinishedTurn,
} from "../../api/core/turns/turn-store.ts";
import type { Tenant } from "../../api/core/tenant.ts";

export interface StoreHarness {
  readonly store: ChatStore & TurnStore;
  readonly tenant: Tenant;
  readonly otherTenant: Tenant;
  close(): Promise<void>;
}

/** The same, with the leases that the store checks and what it has announced so far. */
export interface TurnHarness extends StoreHarness {
  /** The `owners` hold theirs. */
  readonly leases: LeaseStore;
  readonly stops: readonly TurnStop[];
  readonly unanswered: UnansweredStore;
}

/** What a test gets: the harness of its suite, opened by then. */
export type OpenStore = () => TurnHarness;

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** The processes that turns of the contracts belong to. */
export const owners: readonly string[] = [
  ...[1, 2, 3].map((number) => `process-${number}`),
  ...times(12, (index) => `taker-${index}`),
];

export const hourMs = 3_600_000;

export async function registerOwners(leases: LeaseStore): Promise<void> {
  for (const owner of owners) await leases.register(owner, hourMs);
}

let days = 0;

/** Noon of a day that no other test counts messages on. */
export function nextDay(): Date {
  days += 1;
  return new Date(Date.UTC(2031, 0, days, 12));
}

export function makeChat(fields: Partial<Chat> = {}): Chat {
  const createdAt = new Date(Date.UTC(2030, 5, 1, 12, 30, 15, 123));
  return {
    id: newId("chat"),
    title: defaultChatTitle,
    userId: null,
    visitorId: null,
    context: {},
    ownerId: null,
    createdAt,
    updatedAt: createdAt,
    ...fields,
  };
}

export function makeTurn(chatId: string, fields: Partial<NewTurn> = {}): NewTurn {
  return {
    chatId,
    questionId: newId("msg"),
    answerId: newId("msg"),
    content: "How do I begin?",
    messageType: "text",
    owner: "process-1",
    now: new Date(Date.UTC(2030, 5, 1, 13)),
    maxUnfinished: 1000,
    ...fields,
  };
}

/** A turn that makes its chat. */
export function makeFirstTurn(fields: Partial<NewTurn> = {}, chat: Chat = makeChat()): NewTurn {
  return makeTurn(chat.id, { newChat: chat, ...fields });
}

export async function saveNew(
  { store, tenant }: StoreHarness,
  fields: Partial<NewTurn> = {},
): Promise<SavedTurn> {
  return store.saveTurn(tenant, makeFirstTurn(fields));
}

/** The unfinished turn of that answer, as a process finds it that looks for what others left behind. */
export async function findUnfinished(
  { store, tenant }: StoreHarness,
  answerId: string,
): Promise<UnfinishedTurn | undefined> {
  return (await store.listUnfinished(tenant)).find(({ answer }) => answer.id === answerId);
}

export const completed: Ending = {
  type: "complete",
  finishReason: "stop",
  usage: {
    promptTokens: 12,
    completionTokens: 34,
    totalTokens: 46,
    cost: 0.001234,
    estimated: false,
  },
  sources: [
    {
      number: 1,
      document_id: "doc_1",
      title: "Größe & “Maß” 📏",
      url: "https://example.com/a?b=c#d",
      heading: "Start › Install",
      page: 3,
      excerpt: 'Run `npm start`; it says "ready"\n\tand nothing else.',
      start: 17,
      end: 66,
      score: 0.8125,
      verified: true,
    },
    {
      number: 2,
      document_id: "doc_2",
      title: "",
      url: null,
      heading: "",
      page: null,
      excerpt: "x",
      start: 0,
      end: 1,
      score: 1,
      verified: false,
    },
  ],
  citations: [
    {
      number: 1,
      start: 40,
      end: 43,
      quote: 'it says "ready"\n\tand nothing else 📏',
      quote_start: 3,
      quote_end: 38,
      verified: true,
      how: "normalised",
      document_id: "doc_1",
      places: [
        { start: 17, end: 30 },
        { start: 34, end: 66 },
      ],
      found_in: null,
    },
    {
      number: 2,
      start: 50,
      end: 53,
      quote: null,
      quote_start: null,
      quote_end: null,
      verified: false,
      how: "none",
      document_id: null,
      places: [],
      found_in: 1,
    },
  ],
  model: "extractive",
  degraded: [],
};

export const failed: Ending = {
  type: "error",
  code: "PROCESSING_ERROR",
  message: "Failed to process message",
  usage: { promptTokens: 3, completionTokens: 0, totalTokens: 3, cost: 0, estimated: true },
};

export function makeFinish(text: string, ending: Ending = completed): TurnFinish {
  return { text, ending, timing: { firstChunkMs: text === "" ? null : 120, totalMs: 950 } };
}

/** Texts that a store is likely to change. */
export const hardTexts: readonly string[] = [
  "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u{10ffff}",
  "\ufffd is kept, and so is \ufeff",
  "שלום עולם \u202emirrored\u202c مرحبا",
  "first\nsecond\r\nthird\rfourth\n\n",
  "  spaces and\ttabs around  ",
  `'quotes' "double" \`ticks\` \\ \\n $1 $$ %s {} ; -- /* */ '; drop table chats; --`,
  "\u0001\u001f\u007f\u0085\u2028\u2029",
  "äß漢字".repeat(4000),
];

/** All pages of a list, one after another; `between` runs after each page. */
export async function readAll<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 500; pages += 1) {
    const page = await list({ limit, after });
    items.push(...page.items);
    if (page.items.length > limit)
      throw new Error(`A page of ${page.items.length}, where ${limit} were asked for`);
    if (page.next === null) return items;
    after = page.next;
    await between();
  }
  throw new Error("The pages don't end");
}

export async function readMessages(
  { store, tenant }: StoreHarness,
  chatId: string,
  branches?: Branches,
): Promise<Message[]> {
  const list = (page: PageRequest) => store.listMessages(tenant, chatId, page, branches);
  const shown = await readAll(list, 100);
  return shown.map(({ variants: _variants, ...message }) => message);
}

/** What came of promises of which some are to fail. @throws whatever isn't an error with a code. */
export async function sortOut<T>(
  attempts: readonly Promise<T>[],
): Promise<{ values: T[]; codes: unknown[] }> {
  const results = await Promise.allSettled(attempts);
  const values: T[] = [];
  const codes: unknown[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") values.push(result.value);
    else if (result.reason instanceof Error && "code" in result.reason)
      codes.push(result.reason.code);
    else throw result.reason;
  }
  return { values, codes };
}
