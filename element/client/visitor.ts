import { chatUrl, type WidgetConfig } from "./config.ts";
import type { ClientStorage } from "./storage.ts";

/** Who the reader is to the server: the page's own user, or a visitor whom the server has given a token. */
export class Visitor {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #storage: ClientStorage;
  readonly #newId: () => string;
  /** With which token of ours the last address was made. */
  #used: string | undefined;

  constructor(config: () => Readonly<WidgetConfig>, storage: ClientStorage, newId: () => string) {
    this.#config = config;
    this.#storage = storage;
    this.#newId = newId;
  }

  /** Whether they can prove who they are. */
  get isProven(): boolean {
    return Boolean(this.#config().token ?? this.#storage.visitorToken());
  }

  /** The address of the chat socket. @throws TypeError see chatUrl */
  url(): string {
    const config = this.#config();
    this.#used = config.token ? undefined : this.#storage.visitorToken();
    return chatUrl(config, this.#storage.clientId(this.#newId), config.token ?? this.#used);
  }

  /**
   * The server has made a new visitor of the reader.
   * @returns false when another tab or element was faster: all of them are that one visitor, and this
   *   connection has to be opened again as such.
   */
  meet(token: string): boolean {
    const isAnonymous = !this.#config().token && this.#used === undefined;
    if (isAnonymous && this.#storage.visitorToken() !== undefined) return false;
    this.#storage.saveVisitorToken(token);
    return true;
  }

  /**
   * A token that is refused is forgotten, and the reader becomes a new visitor.
   * @returns whether that can change anything: the page's own token is not ours to forget.
   */
  forget(): boolean {
    if (this.#used === undefined) return false;
    if (this.#storage.visitorToken() === this.#used) this.#storage.dropVisitorToken();
    return true;
  }
}
