import type { ServerFrame } from "../../api/ws/protocol.ts";
import type { ChatApi } from "./chat-api.ts";
import { ChatError } from "./chat-error.ts";
import type { Connection } from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import type { ClientEnvironment } from "./environment.ts";
import { farewellOf } from "./farewell.ts";
import { callerCodes } from "./refusals.ts";
import type { ClientStorage } from "./storage.ts";

export interface IdentityDeps {
  readonly credentials: Credentials;
  readonly connection: Connection;
  readonly api: Pick<ChatApi, "claimChats">;
  readonly storage: ClientStorage;
  readonly environment: ClientEnvironment;
  /** Somebody else is there, or nobody: nothing of the one before may be shown. */
  onForget(): void;
  /** It is known whose chats these are. @param wasVisitor they have signed in */
  onKnown(wasVisitor: boolean): void;
  /** The visitor's chats have become the user's. */
  onClaimed(): void;
  onError(error: ChatError): void;
}

type Established = Extract<ServerFrame, { type: "connection_established" }>["data"];

/** Between two renewals that the server asks for: its tokens may live that shortly. Milliseconds. */
const leastBetweenRenewals = 15_000;

/** Who the reader is: a visitor, a user whom the server knows by the page's token, or not known yet. */
export class Identity {
  readonly #deps: IdentityDeps;
  /** A fresh proof was sent on the open connection, and not answered. */
  #isShowing = false;
  #isClaiming = false;
  /** A visitor is signing in: the server has not said yet as whom. */
  #wasVisitor = false;
  #renewedAt = -Infinity;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  get isKnown(): boolean {
    return this.#deps.storage.user !== undefined;
  }

  /** Where no provider has to be asked, it may be plain that nobody is signed in. */
  look(): void {
    const { credentials } = this.#deps;
    if (!credentials.hasProvider) void credentials.ask();
  }

  /** The credentials of the configuration may have changed: shows them on the open connection, or on a new one. */
  authenticate(): void {
    this.#deps.credentials.trust();
    this.#ask(true, (error) => this.#deps.onError(error));
  }

  /** The page has given another token, or none. @param isOther whoever was signed in no longer is */
  receiveToken(isOther: boolean): void {
    const { credentials, connection, storage } = this.#deps;
    if (isOther) this.#forget();
    if (!credentials.isSignedIn) this.#recognise(null);
    else if (storage.user === null) {
      // What is asked from now on is no longer the visitor's.
      storage.recognise(undefined);
      this.#wasVisitor = true;
    }
    if (isOther) connection.replace();
  }

  /** @returns false when the connection is opened again, as the visitor that another tab has become. */
  welcome({ user_id, visitor_token }: Pick<Established, "user_id" | "visitor_token">): boolean {
    const { credentials, connection } = this.#deps;
    this.#isShowing = false;
    if (!credentials.accept(visitor_token)) {
      connection.reopen();
      return false;
    }
    this.#recognise(user_id ?? null);
    void this.#claim();
    return true;
  }

  /** @returns whether the frame was about who the reader is. */
  receive(frame: ServerFrame): boolean {
    if (frame.type === "authenticated") this.welcome(frame.data);
    if (frame.type === "token_expiring") this.#renew();
    if (frame.type === "authenticated" || frame.type === "token_expiring") return true;
    if ("message_id" in frame.data || "client_message_id" in frame.data) return false;
    const code = farewellOf(frame)?.code;
    if (code === undefined) return false;
    if (!this.#isShowing) return callerCodes.has(code);
    // Refused here it may still be good for a connection of its own: of another user.
    this.#isShowing = false;
    this.#deps.connection.reopen();
    return true;
  }

  /** The proof that the connection stands on expires soon. */
  #renew(): void {
    const { credentials, environment } = this.#deps;
    const now = environment.now();
    if (!credentials.hasProvider || now - this.#renewedAt < leastBetweenRenewals) return;
    this.#renewedAt = now;
    // Without an answer the connection ends, and the provider is asked for the next one.
    this.#ask(false, () => undefined);
  }

  #ask(isNews: boolean, fail: (error: ChatError) => void): void {
    const asked = this.#deps.credentials.ask(isNews);
    if (!asked) return this.#show();
    asked.then(
      () => this.#show(),
      (error: unknown) => {
        if (!(error instanceof ChatError)) throw error;
        fail(error);
      },
    );
  }

  #show(): void {
    const { credentials, connection } = this.#deps;
    if (credentials.areShown) return;
    if (!connection.isConnected || !credentials.canRenew) return connection.replace();
    this.#isShowing = true;
    connection.send(credentials.renewal());
  }

  #recognise(user: string | null): void {
    const { storage } = this.#deps;
    if (user === storage.user) return;
    // The server knows better than the page's tokens told.
    if (storage.user) this.#forget();
    const wasVisitor = this.#wasVisitor;
    this.#wasVisitor = false;
    storage.recognise(user);
    this.#deps.onKnown(wasVisitor);
  }

  #forget(): void {
    this.#wasVisitor = false;
    this.#deps.storage.forget();
    this.#deps.onForget();
  }

  /** Whoever signs in takes along what they did as a visitor. A failure leaves it to the next connection. */
  async #claim(): Promise<void> {
    const { storage, api, credentials } = this.#deps;
    const visitor = storage.visitorToken();
    if (!storage.user || visitor === undefined || this.#isClaiming) return;
    this.#isClaiming = true;
    try {
      await api.claimChats(visitor);
      credentials.dropVisitor(visitor);
      this.#deps.onClaimed();
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.#deps.onError(error);
    } finally {
      this.#isClaiming = false;
    }
  }
}
