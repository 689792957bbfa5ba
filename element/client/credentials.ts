import type { ClientFrame } from "../../api/ws/protocol.ts";
import { ChatError } from "./chat-error.ts";
import { chatUrl, type TokenProvider, type WidgetConfig } from "./config.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { ClientStorage } from "./storage.ts";
import { nameDifferentPeople } from "./token-subject.ts";

/** What is shown of the person and of the page. */
export interface Proofs {
  /** The user's. */
  readonly token?: string | undefined;
  /** The page's. */
  readonly key?: string | undefined;
  /** Shown beside the user's token, too, until the visitor's chats are claimed. */
  readonly visitor?: string | undefined;
}

/** How a socket is opened. Proofs go as subprotocols: addresses end up in logs. */
export interface SocketOffer {
  readonly url: string;
  readonly protocols: string[];
}

export interface CredentialsDeps {
  readonly config: () => Readonly<WidgetConfig>;
  readonly storage: ClientStorage;
  readonly environment: ClientEnvironment;
  /** The page has given another token, or none. @param isOther whoever was signed in no longer is */
  onToken(isOther: boolean): void;
}

/** The person's token and the page's key: where they come from, and what becomes of those that are refused. */
export class Credentials {
  readonly #deps: CredentialsDeps;
  /** The user's; null: nobody is signed in; undefined: the page was not asked yet. */
  #token: string | null | undefined;
  #asking: Promise<void> | undefined;
  /** With what the last socket was opened, or its proof renewed. */
  #shown: Proofs = {};
  /** The user's token that was refused: it is not shown again by itself. */
  #refused: string | undefined;
  /** A visitor's token that may be why all was refused; forgotten when it goes well without. */
  #doubted: string | undefined;

  constructor(deps: CredentialsDeps) {
    this.#deps = deps;
  }

  get isSignedIn(): boolean {
    return Boolean(this.#token);
  }

  /** Whether what would be shown now is what was shown last. */
  get areShown(): boolean {
    const { token, key } = this.#proofs();
    return token === this.#shown.token && key === this.#shown.key;
  }

  /** Whether a frame can tell the difference on an open connection: a fresh token of the same page. */
  get canRenew(): boolean {
    const { token, key } = this.#proofs();
    return token !== undefined && key === this.#shown.key;
  }

  get hasProvider(): boolean {
    return this.#deps.config().tokenProvider !== undefined;
  }

  /** Someone wants another try, or the configuration has changed: what was refused may be shown again. */
  trust(): void {
    this.#refused = this.#doubted = undefined;
  }

  /**
   * Takes the token that the page has now.
   * @param isNews an answer that is on its way may be out of date.
   * @returns a promise where a provider has to be waited for. It rejects with ChatError TOKEN_UNAVAILABLE.
   */
  ask(isNews = false): Promise<void> | undefined {
    const { tokenProvider, token } = this.#deps.config();
    if (!tokenProvider) {
      this.#asking = undefined;
      this.#take(token || null);
      return undefined;
    }
    if (isNews || !this.#asking) this.#asking = this.#askProvider(tokenProvider);
    return this.#asking;
  }

  /** What opens the next socket. @throws ChatError INVALID_TOKEN, TOKEN_UNAVAILABLE; TypeError see chatUrl */
  offer(): SocketOffer | Promise<SocketOffer> {
    return this.ask()?.then(() => this.#makeOffer()) ?? this.#makeOffer();
  }

  /** What renews the proof of an open connection. */
  renewal(): ClientFrame {
    this.#shown = this.#proofs();
    const { token, key, visitor } = this.#shown;
    return { type: "auth", data: { token, api_key: key, visitor_token: visitor } };
  }

  /** For a request over HTTP. @throws ChatError TOKEN_UNAVAILABLE */
  async prove(): Promise<Proofs> {
    if (!this.hasProvider || this.#token === undefined) await this.ask();
    return this.#proofs();
  }

  /** Whether they prove who the reader is. @throws ChatError TOKEN_UNAVAILABLE */
  async arePersonal(): Promise<boolean> {
    const { token, visitor } = await this.prove();
    return Boolean(token ?? visitor);
  }

  /** Another token of the same person, in place of one that was refused; undefined where there is none. */
  async replace(refused: string | undefined): Promise<string | undefined> {
    if (refused === undefined || !this.hasProvider) return undefined;
    if (this.#token === refused) await this.ask();
    const token = this.#token;
    const isUsable = token && token !== refused && !nameDifferentPeople(token, refused);
    return isUsable ? token : undefined;
  }

  /** @returns whether a connection that is refused so may be tried again, with something else. */
  refuse(code = "INVALID_TOKEN"): boolean {
    const { token, visitor } = this.#shown;
    const isWorn = code === "INVALID_TOKEN" || code === "TOKEN_EXPIRED";
    // Of two tokens it is the user's that expires first.
    const isVisitors = code === "INVALID_TOKEN" || (isWorn && token === undefined);
    if (isVisitors && visitor !== undefined) {
      this.#doubted = visitor;
      return true;
    }
    if (!isWorn || token === undefined || !this.hasProvider || this.#refused !== undefined)
      return false;
    this.#refused = token;
    this.#doubted = undefined;
    return true;
  }

  /**
   * The connection stands.
   * @param made the token of a visitor whom the server has made of the reader
   * @returns false when another tab or element was faster: all of them are that one visitor, and this
   *   connection has to be opened again as such.
   */
  accept(made: string | undefined): boolean {
    const { storage } = this.#deps;
    if (this.#doubted !== undefined) this.dropVisitor(this.#doubted);
    this.#refused = this.#doubted = undefined;
    if (made === undefined) return true;
    const { token, visitor } = this.#shown;
    const isNew = token === undefined && visitor === undefined;
    if (isNew && storage.visitorToken() !== undefined) return false;
    storage.saveVisitorToken(made);
    return true;
  }

  /** That token is of no more use. */
  dropVisitor(token: string): void {
    const { storage } = this.#deps;
    if (storage.visitorToken() === token) storage.dropVisitorToken();
  }

  #proofs(): Proofs {
    const visitor = this.#deps.storage.visitorToken();
    return {
      token: this.#token || undefined,
      key: this.#deps.config().apiKey || undefined,
      visitor: visitor === this.#doubted ? undefined : visitor,
    };
  }

  #makeOffer(): SocketOffer {
    const { config, storage, environment } = this.#deps;
    const proofs = this.#proofs();
    if (proofs.token !== undefined && proofs.token === this.#refused)
      throw new ChatError("INVALID_TOKEN", "The token was refused, and there is no other");
    const protocols = Object.entries(proofs).flatMap(writeProof);
    const url = chatUrl(config(), storage.clientId(environment.newId));
    this.#shown = proofs;
    return { url, protocols: ["miptech.v1", ...protocols] };
  }

  #askProvider(provider: TokenProvider): Promise<void> {
    // Whoever waits for an answer that is out of date gets the newest one.
    const isNewest = () => this.#asking === asking;
    const asking: Promise<void> = provide(provider).then(
      (token) => {
        if (!isNewest()) return this.#asking;
        this.#asking = undefined;
        this.#take(token);
      },
      (error: unknown) => {
        if (!isNewest()) return this.#asking;
        this.#asking = undefined;
        throw error;
      },
    );
    return asking;
  }

  #take(token: string | null): void {
    const before = this.#token;
    if (token === before) return;
    this.#token = token;
    this.#deps.onToken(Boolean(before && (!token || nameDifferentPeople(before, token))));
  }
}

async function provide(provider: TokenProvider): Promise<string | null> {
  let token: unknown;
  try {
    token = await provider();
  } catch (cause) {
    throw new ChatError("TOKEN_UNAVAILABLE", "The page could not say who is signed in", { cause });
  }
  if (typeof token === "string") return token || null;
  if (token === null || token === undefined) return null;
  throw new ChatError("TOKEN_UNAVAILABLE", "tokenProvider gave neither a string nor null");
}

/** The browser's own error for what can't stand in a subprotocol would quote it. */
function writeProof([kind, proof]: [string, string | undefined]): string[] {
  if (proof === undefined) return [];
  if (/[^\w.~+-]/.test(proof))
    throw new ChatError("INVALID_TOKEN", `The ${kind} holds characters that can't be sent`);
  return [`miptech.${kind}.${proof}`];
}
