import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { answerText } from "./answer-text.ts";
import type { ChatMessage } from "./client/message.ts";
import type { WidgetState } from "./client/state.ts";
import { ConnectedElement } from "./connected-element.ts";
import { ChatsPage } from "./controllers/chats-page.ts";
import { Copying } from "./controllers/copying.ts";
import { Countdown } from "./controllers/countdown.ts";
import { FocusLater } from "./controllers/focus-later.ts";
import { PageSignals } from "./controllers/page-signals.ts";
import { RatingForm } from "./controllers/rating-form.ts";
import { StickToEnd } from "./controllers/stick-to-end.ts";
import { VisibleArea } from "./controllers/visible-area.ts";
import { Endings } from "./endings.ts";
import { strings } from "./strings.ts";
import { styles } from "./styles/styles.ts";
import { renderActions } from "./view/actions.ts";
import { renderBanner } from "./view/banner.ts";
import { renderChats } from "./view/chats.ts";
import { fitHeight, renderComposer } from "./view/composer.ts";
import { renderHeader } from "./view/header.ts";
import { renderLauncher } from "./view/launcher.ts";
import { renderMessage } from "./view/message.ts";
import { renderHistoryNotice } from "./view/history-notice.ts";
import { renderPanel } from "./view/panel.ts";
import { renderWelcome } from "./view/welcome.ts";

/**
 * A chat with a tenant's assistant: a bubble that opens a panel, or a panel in the page.
 *
 * @slot launcher-icon - The icon of the bubble.
 * @slot greeting - What an empty chat says above its suggested questions.
 * @slot footnote - The line below the composer.
 *
 * @event miptech-connect - The connection stands.
 * @event miptech-disconnect - The connection has ended.
 * @event {CustomEvent<ChatMessage>} miptech-message - A question was taken, or an answer has ended.
 * @event {CustomEvent<Error>} miptech-error - Something was refused or failed; the detail has a `code`.
 *
 * @csspart launcher badge panel header mark heading status show-chats new-chat back close banner log
 *   welcome suggestion question bubble answer text citation sources source thinking error actions copy
 *   rate comment chats chat jump composer input send stop
 *
 * @cssproperty --miptech-accent - The colour of what can be pressed.
 * @cssproperty --miptech-on-accent - Text on the accent.
 * @cssproperty --miptech-surface, --miptech-surface-raised, --miptech-text, --miptech-muted, --miptech-line
 * @cssproperty --miptech-font, --miptech-font-mono, --miptech-radius
 * @cssproperty --miptech-width, --miptech-height - Of the panel.
 * @cssproperty --miptech-offset-x, --miptech-offset-y, --miptech-z-index - Where a floating chat stands.
 */
export class MiptechChat extends ConnectedElement {
  static override styles = styles;

  declare private _draft: string;
  declare private _unread: number;

  readonly #signals = new PageSignals(this, () => this.client.wake());
  readonly #end = new StickToEnd(this, () => this.renderRoot.querySelector(".log"));
  readonly #countdown = new Countdown(this);
  readonly #focus = new FocusLater(this);
  readonly #endings = new Endings();
  readonly #copying = new Copying(this, (isCopied) =>
    this.#say(isCopied ? strings.copied : strings.copyFailed),
  );
  readonly #rating = new RatingForm(this, this.#focus, (id, feedback) => this.rate(id, feedback));
  readonly #chats = new ChatsPage(this, {
    focus: this.#focus,
    strings,
    client: () => this.client,
    announce: (text) => this.#say(text),
  });
  readonly #screen = matchMedia("(max-width: 520px)");
  /** What the coming render shows ended for the first time. */
  #ended: readonly ChatMessage[] = [];
  /** Whether the focus was in here before the last change. */
  #hadFocus = false;

  constructor() {
    super();
    this._draft = "";
    this._unread = 0;
    // Behind the others: it measures what they have rendered.
    this.addController(new VisibleArea(this, () => this.#fillsScreen));
  }

  show(): void {
    this.open = true;
  }

  /** Closes the panel of a floating chat; the conversation goes on. */
  hide(): void {
    this.open = false;
  }

  /** Shows the visitor's chats in the panel. */
  showChats(): void {
    this.show();
    this.#chats.open();
  }

  override ask(question: string): boolean {
    const isTaken = super.ask(question);
    if (isTaken) this.#showConversation();
    return isTaken;
  }

  /** Stops the answer; a question that had not been sent yet returns to the composer. */
  stop(): void {
    const question = this.client.stop();
    if (question !== undefined && !this._draft) this._draft = question;
  }

  override newChat(): boolean {
    const isDone = super.newChat();
    if (isDone) this.#showConversation();
    return isDone;
  }

  override openChat(chatId: string): boolean {
    const isDone = chatId === this.state.currentChat?.id || super.openChat(chatId);
    if (isDone) this.#showConversation();
    return isDone;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    this.#ended = this.#endings.next(this.state.messages);
    const answers = this.#ended.filter(({ role }) => role === "assistant");
    this._unread = this.#isShown ? 0 : this._unread + answers.length;
    this.#hadFocus = this.shadowRoot?.activeElement != null;
  }

  protected override updated(changed: PropertyValues): void {
    const input = this.renderRoot.querySelector<HTMLTextAreaElement>(".input");
    if (input && changed.has("_draft")) fitHeight(input);
    if (changed.has("open") && this.mode === "floating") this.#moveFocus();
    for (const message of this.#ended) this.#announce(message);
  }
}
