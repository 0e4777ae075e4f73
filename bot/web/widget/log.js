// The messages on screen, in the order of their seq, and after them what is still on its way.
import { el, hidden, linked } from "./dom.js";
import { avatar, card, stars } from "./pieces.js";

const TOGETHER_MS = 5 * 60_000;
const NEAR_END = 80;

export class Log {
  #texts;
  #lang;
  #server;
  #act;
  #rows = new Map(); // seq -> {message, node}
  #pending = new Map(); // message_id -> {entry, node}
  #newest = null;
  #typing;

  /**
   * `element` is the scrolling role=log. `act`: press(button), retry(entry), rate(reference, score), given(reference),
   * moveFocus() for when what had the focus is gone.
   */
  constructor({ element, texts, lang, server, act }) {
    this.element = element;
    this.#texts = texts;
    this.#lang = lang;
    this.#server = server;
    this.#act = act;
    const dots = el("span", { class: "dots", "aria-hidden": true }, el("i"), el("i"), el("i"));
    this.#typing = { node: el("div", { class: "typing", hidden: true }), dots, name: el("span") };
    this.#typing.node.append(avatar(null), el("p", { class: "bubble" }, this.#typing.name, dots));
    element.append(this.#typing.node);
  }

  /** The messages, oldest first. */
  get messages() {
    return [...this.#rows.values()].map((row) => row.message).sort((a, b) => a.seq - b.seq);
  }

  /** Show a message, unless it is shown already; whether it was new. */
  add(message) {
    if (this.#rows.has(message.seq)) return false;
    const atEnd = this.isAtEnd;
    const waiting = message.message_id && this.#pending.get(message.message_id);
    const node = waiting ? this.#confirmed(waiting.node, message) : this.#entry(message);
    const next = this.#after(message.seq);
    const place = next?.node ?? this.#firstPending ?? this.#typing.node;
    if (node.nextSibling !== place) this.element.insertBefore(node, place);
    this.#rows.set(message.seq, { message, node });
    this.#arrange(message, node);
    if (next) this.#arrange(next.message, next.node);
    else this.#newest = message;
    this.#dropOldButtons();
    if (message.who !== "customer") this.typing({ on: false });
    if (atEnd || waiting) this.#show(node);
    return true;
  }

  /** The entry of a message that was on its way, now as stored; a screen reader must not read it out again. */
  #confirmed(node, message) {
    this.#pending.delete(message.message_id);
    const fresh = this.#entry(message);
    const [shown, stored] = [node, fresh].map((one) => one.querySelector(".text"));
    if (shown.textContent !== stored.textContent) shown.replaceWith(stored);
    node.querySelector(".meta").replaceWith(fresh.querySelector(".meta"));
    node.classList.remove("failed");
    return node;
  }

  /** Show a message that is on its way. */
  pending(entry) {
    if (this.#pending.has(entry.message_id) || this.messages.some((one) => one.message_id === entry.message_id)) return;
    const message = { ...entry, who: "customer", kind: "text" };
    const node = this.#entry(message);
    this.#pending.set(entry.message_id, { entry, node });
    this.element.insertBefore(node, this.#typing.node);
    this.#arrange(message, node);
    this.delivery(entry, "sending");
    this.#dropOldButtons();
    this.scrollToEnd();
  }

  /** How a message on its way is doing. */
  delivery(entry, state, reason) {
    const row = this.#pending.get(entry.message_id);
    const meta = row?.node.querySelector(".meta");
    if (!meta || meta.dataset.state === state + reason) return;
    meta.dataset.state = state + reason;
    row.node.classList.toggle("failed", state === "failed");
    const texts = this.#texts;
    const retry = el("button", { type: "button", text: texts.retry, onclick: () => this.#act.retry(entry) });
    if (state === "sending") meta.replaceChildren(el("span", { text: texts.sending }));
    else if (state === "waiting") meta.replaceChildren(el("span", { text: texts.notSentYet }), " ", retry);
    else meta.replaceChildren(el("span", { text: `${texts.notSent} ${reason ?? ""}` }), " ", retry);
  }

  /** Show or hide that somebody writes; an agent by name. */
  typing({ on, who, name }) {
    const { node, name: shown } = this.#typing;
    const atEnd = this.isAtEnd;
    shown.textContent = on && who === "agent" ? this.#texts.writes(name) : "";
    if (node.hidden === !on) return;
    node.hidden = !on;
    if (on && atEnd) this.scrollToEnd();
  }

  clear() {
    for (const { node } of [...this.#rows.values(), ...this.#pending.values()]) node.remove();
    this.#rows.clear();
    this.#pending.clear();
    this.#newest = null;
    this.typing({ on: false });
  }

  get isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  scrollToEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Scroll to the end, but not past the beginning of what has just come. */
  #show(node) {
    this.scrollToEnd();
    const above = this.element.getBoundingClientRect().top - node.getBoundingClientRect().top;
    if (above > 0 && this.element.clientHeight) this.element.scrollTop -= above + 8;
  }

  get #firstPending() {
    return this.#pending.values().next().value?.node;
  }

  #after(seq) {
    if (!this.#newest || this.#newest.seq < seq) return undefined;
    const later = [...this.#rows.keys()].filter((other) => other > seq);
    return this.#rows.get(Math.min(...later));
  }

  /** Buttons belong to what was said last, in one breath; a newer message or an answer takes them away. */
  #dropOldButtons() {
    const hadFocus = this.element.getRootNode().activeElement;
    for (const { message, node } of this.#rows.values()) {
      const isLast = !this.#pending.size && message.who === this.#newest.who && message.at === this.#newest.at;
      if (!isLast) node.querySelector(".choices")?.remove();
    }
    if (hadFocus && !hadFocus.isConnected) this.#act.moveFocus();
  }

  /** The day above an entry where it is another than before, and whether it goes on from the one before. */
  #arrange(message, node) {
    const before = node.previousElementSibling;
    const at = new Date(message.at);
    const last = before?.dataset.at && new Date(before.dataset.at);
    const newDay = !last || last.toDateString() !== at.toDateString();
    node.dataset.at = message.at;
    node.dataset.who = message.kind === "text" ? message.who + (message.agent?.name ?? "") : "";
    const goesOn = !newDay && node.dataset.who && before.dataset.who === node.dataset.who && at - last < TOGETHER_MS;
    node.classList.toggle("follows", Boolean(goesOn));
    node.querySelector(".day")?.remove();
    if (newDay) node.prepend(el("p", { class: "day" }, el("span", { text: this.#day(at) })));
  }

  #day(at) {
    const ago = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
    if (ago === 0) return this.#texts.today;
    if (ago === 1) return this.#texts.yesterday;
    const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    return at.toLocaleDateString(this.#lang, { weekday: "long", day: "numeric", month: "long", year });
  }

  #entry(message) {
    const texts = this.#texts;
    const name = message.agent?.name ?? texts.person;
    if (message.kind === "joined" || message.kind === "left") {
      const said = message.text || (message.kind === "joined" ? texts.joined(name) : texts.gone(name));
      return el("div", { class: "entry event" }, el("p", {}, message.agent && avatar(message.agent, this.#server), el("span", { text: said, dir: "auto" })));
    }
    if (message.who === "system" && message.kind === "text") {
      return el("div", { class: "entry event" }, el("p", {}, el("span", { dir: "auto" }, ...linked(message.text, this.#server))));
    }
    const mine = message.who === "customer";
    const time = new Date(message.at).toLocaleTimeString(this.#lang, { hour: "numeric", minute: "2-digit" });
    const bubble = el("div", { class: "bubble" });
    const author = mine ? texts.you : message.who === "agent" ? name : texts.assistant;
    if (mine) bubble.append(hidden(`${author}: `));
    else bubble.append(el("p", { class: "author", text: author, dir: "auto" }));
    const text = message.title || message.text;
    const words = text && el("p", { class: "text", dir: "auto" }, ...linked(text, this.#server));
    const figuresFirst = message.card?.type === "quote"; // and what they mean below, however long that is
    if (words && !figuresFirst) bubble.append(words);
    const below = this.#attach(bubble, message);
    if (words && figuresFirst) bubble.append(words);
    return el(
      "div",
      { class: `entry ${mine ? "mine" : message.who}` },
      el(
        "div",
        { class: "message" },
        !mine && avatar(message.who === "agent" ? { ...message.agent, name } : null, this.#server),
        el("div", { class: "body" }, bubble, below, el("p", { class: "meta", "aria-live": "off" }, el("time", { datetime: message.at, text: time }))),
      ),
    );
  }

  /** What goes with the text: a card with its buttons, or stars. Returns what goes below the bubble: buttons alone. */
  #attach(bubble, message) {
    const buttons = message.buttons?.length ? this.#choices(message) : undefined;
    if (message.card) {
      bubble.append(card(message.card, { texts: this.#texts, server: this.#server, buttons }));
      bubble.classList.add("wide");
    }
    if (message.kind === "rating") {
      const { reference } = message;
      const rate = (score) => this.#act.rate(reference, score);
      bubble.append(stars({ texts: this.#texts, given: this.#act.given(reference), rate, done: () => this.#act.moveFocus() }));
    }
    return message.card ? undefined : buttons;
  }

  #choices({ buttons, card }) {
    const row = el("div", { class: "choices" });
    buttons.forEach((button, index) => {
      const isMain = card?.type === "quote" && index === 0;
      row.append(el("button", { type: "button", class: isMain ? "main" : undefined, text: button.title, dir: "auto", onclick: () => this.#act.press(button) }));
    });
    return row;
  }
}
