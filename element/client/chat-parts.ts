import type { ServerFrame } from "../../api/ws/protocol.ts";
import { Advice } from "./advice.ts";
import { createChatApi, type ChatApi } from "./chat-api.ts";
import { errorOf, type ChatError } from "./chat-error.ts";
import { ChatHistory } from "./chat-history.ts";
import { ChatList } from "./chat-list.ts";
import {
  defaultMaxReconnectAttempts,
  defaultReconnectInterval,
  type WidgetConfig,
} from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { Connection } from "./connection.ts";
import { ConversationStore } from "./conversation-store.ts";
import { emptyConversation, pendingQuestions } from "./conversation.ts";
import { Credentials } from "./credentials.ts";
import { browserEnvironment, type ClientEnvironment } from "./environment.ts";
import { Identity } from "./identity.ts";
import { OtherTabs, type TabNews } from "./other-tabs.ts";
import { PageCallbacks } from "./page-callbacks.ts";
import { Ratings } from "./ratings.ts";
import { callerCodes } from "./refusals.ts";
import { createRest } from "./rest.ts";
import { createStorage, keepConversation, ownerKey, type ClientStorage } from "./storage.ts";
import { TurnKeeper } from "./turn-keeper.ts";

export interface ClientOptions {
  environment?: ClientEnvironment;
  storage?: ClientStorage;
  /** Tells several clients of one page apart. Default "1". */
  instance?: string;
  /** Somebody else is there: what the page itself shows of the reader before has to go, too. */
  onForget?(): void;
}

/** What a chat is made of, and how its parts hear of each other. */
export class ChatParts {
  readonly credentials: Credentials;
  readonly identity: Identity;
  readonly connection: Connection;
  readonly conversation: ConversationStore;
  readonly turns: TurnKeeper;
  readonly ratings: Ratings;
  readonly history: ChatHistory;
  readonly list: ChatList;
  readonly tabs: OtherTabs;
  status: ConnectionStatus = { phase: "disconnected", attempts: 0 };
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #environment: ClientEnvironment;
  readonly #storage: ClientStorage;
  readonly #onChange: () => void;
  /** Nobody may see one reader's things beside another's. */
  #isForgetting = false;
  readonly #advice: Advice;
  readonly #page: PageCallbacks;

  /** @param onChange something that a snapshot shows has changed. */
  constructor(config: () => Readonly<WidgetConfig>, options: ClientOptions, onChange: () => void) {
    const environment = options.environment ?? browserEnvironment;
    const storage = options.storage ?? createStorage(config, () => options.instance ?? "1");
    this.#config = config;
    this.#environment = environment;
    this.#storage = storage;
    this.#onChange = () => {
      if (!this.#isForgetting) onChange();
    };
    this.#page = new PageCallbacks(config, environment);
    const onToken = (isOther: boolean) => this.identity.receiveToken(isOther);
    this.credentials = new Credentials({ config, storage, environment, onToken });
    this.#advice = new Advice(config, () => this.credentials.isSignedIn, environment);
    this.connection = this.#createConnection();
    const api = createChatApi(createRest(config, this.credentials, environment));
    this.conversation = new ConversationStore((next, before) => {
      keepConversation(storage, next, before);
      this.#onChange();
    });
    this.ratings = new Ratings(this.conversation, this.connection);
    this.turns = this.#createTurns();
    this.history = this.#createHistory(api);
    this.list = this.#createList(api);
    const channel = () => `miptech:${ownerKey(config())}|${storage.user ?? ""}`;
    this.tabs = new OtherTabs(environment, channel, (news) => this.#hear(news));
    this.identity = this.#createIdentity(api, () => options.onForget?.());
  }

  get hasPending(): boolean {
    return pendingQuestions(this.conversation.current).length > 0;
  }

  connect(): void {
    if (!this.connection.isOpen) this.credentials.trust();
    this.identity.look();
    this.#begin();
    this.connection.connect();
  }

  show(chatId: string | null): void {
    this.identity.look();
    this.turns.letGo();
    this.history.open(chatId);
  }

  /** The chat has been deleted; a question that waits would be lost with it, and begins a new one. */
  leave(chatId: string): void {
    if (this.conversation.current.chatId !== chatId) return;
    if (!this.hasPending) return this.show(null);
    this.turns.letGo();
    this.conversation.dispatch({ type: "vanished", chatId });
    this.turns.catchUp();
  }

  #createConnection(): Connection {
    const config = this.#config;
    const options = {
      offer: () => this.credentials.offer(),
      maxReconnectAttempts: () => config().maxReconnectAttempts ?? defaultMaxReconnectAttempts,
      reconnectInterval: () => config().reconnectInterval ?? defaultReconnectInterval,
      onChange: (status: ConnectionStatus) => this.#receiveStatus(status),
      onFrame: (frame: ServerFrame) => this.#receiveFrame(frame),
      onLook: () => this.turns.check(),
      onLost: (closeCode: number) => this.turns.lose(closeCode),
      mayRetryRefusal: (errorCode: string | undefined) => this.credentials.refuse(errorCode),
    };
    return new Connection(options, this.#environment);
  }

  #createTurns(): TurnKeeper {
    return new TurnKeeper({
      conversation: this.conversation,
      connection: this.connection,
      environment: this.#environment,
      connect: () => this.connect(),
      canAsk: () => this.history.state.status !== "loading",
      onMessage: (message) => this.#page.received(message),
      onTurn: (turn) => this.tabs.tell({ type: "turn", turn }),
    });
  }

  #createHistory(api: ChatApi): ChatHistory {
    return new ChatHistory({
      api,
      conversation: this.conversation,
      environment: this.#environment,
      storage: this.#storage,
      onChange: this.#onChange,
      onError: (error) => this.#receiveFailure(error),
      onLoaded: (chatId, messages) => this.turns.restore(chatId, messages),
      onReady: () => this.turns.catchUp(),
      onPending: (question) => this.turns.takeUp(question),
    });
  }

  #createList(api: ChatApi): ChatList {
    return new ChatList({
      api,
      hasProof: () => this.credentials.arePersonal(),
      onChange: this.#onChange,
      onError: (error) => this.#receiveFailure(error),
    });
  }

  #createIdentity(api: ChatApi, onForget: () => void): Identity {
    return new Identity({
      api,
      credentials: this.credentials,
      connection: this.connection,
      storage: this.#storage,
      environment: this.#environment,
      onForget: () => {
        this.#forget();
        onForget();
      },
      onKnown: (wasVisitor) => this.#takeOver(wasVisitor),
      onClaimed: () => void this.list.refresh(),
      onError: (error) => this.#receiveFailure(error),
    });
  }

  /** Brings back what was open, once it is known whose that is. */
  #begin(): void {
    if (!this.identity.isKnown) return;
    this.tabs.listen();
    this.history.restore();
    this.history.retry();
  }

  /** What shows already, and what was asked meanwhile, is that reader's from now on. */
  #takeOver(wasVisitor: boolean): void {
    this.tabs.close();
    const { chatId, messages } = this.conversation.current;
    // Whoever signs in before they have asked anything finds the chat that they had open as a user.
    if (wasVisitor && chatId === null && messages.length === 0) this.history.reset();
    else if (this.history.isRestored) this.#storage.saveChatId(chatId);
    if (this.status.phase !== "disconnected") this.#begin();
    keepConversation(this.#storage, this.conversation.current, emptyConversation);
    void this.list.refresh();
  }

  /** Nothing of the reader is left. */
  #forget(): void {
    this.#isForgetting = true;
    this.tabs.close();
    this.turns.letGo();
    this.ratings.reset();
    this.list.reset();
    this.#isForgetting = false;
    this.history.reset();
  }

  #hear(news: TabNews): void {
    if (news.type === "deleted") {
      this.list.forget(news.chatId);
      this.leave(news.chatId);
    } else {
      this.conversation.dispatch({ type: "joined", news: news.turn });
      this.turns.catchUp();
    }
  }

  #receiveStatus(status: ConnectionStatus): void {
    const before = this.status.phase;
    this.status = status;
    this.#onChange();
    if (status.phase === before) return;
    this.#page.changed(status);
    this.#advice.receiveStatus(status);
  }

  #receiveFrame(frame: ServerFrame): void {
    if (frame.type === "connection_established") {
      if (this.identity.welcome(frame.data)) this.#greet();
      return;
    }
    const error = errorOf(frame);
    if (!this.#isMet(frame, error) && error) this.#page.failed(error);
  }

  /** Whether nobody need hear of an error: it is tried again by itself, or told with the phase that it leads to. */
  #isMet(frame: ServerFrame, error: ChatError | undefined): boolean {
    if (!this.connection.isConnected)
      return "retry_after" in frame.data || callerCodes.has(error?.code ?? "");
    return (
      this.identity.receive(frame) || (!this.ratings.receive(frame) && this.turns.receive(frame))
    );
  }

  #greet(): void {
    this.ratings.sendAll();
    this.history.retry();
    this.turns.catchUp();
    this.#page.connected();
  }

  #receiveFailure(error: ChatError): void {
    // Without a connection either, the network is away, and the connection speaks of that.
    if (error.code === "UNREACHABLE" && !this.connection.isConnected) return;
    this.#advice.receiveFailure(error);
    this.#page.failed(error);
  }
}
