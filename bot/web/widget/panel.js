// The open chat: a dialog beside the launcher, or over the whole screen of a phone.
import { Connection } from "./connection.js";
import { el, icon, link } from "./dom.js";
import { Log } from "./log.js";
import { Memory } from "./memory.js";
import { avatar } from "./pieces.js";
import { download } from "./transcript.js";

const LANGUAGES = ["en", "es"]; // the files in lang/
const LONGEST = 2_000; // characters of a message
const COUNT_FROM = 1_800;
const TYPING_MS = 4_000;
const PHONE = "(max-width: 480px), (max-height: 420px)";

/** The words of the wanted language, of its family (es for es-MX), or in English. */
async function loadTexts(folder, wanted) {
  const lang = [wanted, wanted.split("-")[0]].find((one) => LANGUAGES.includes(one)) ?? "en";
  return { lang, texts: (await import(new URL(`lang/${lang}.js`, folder))).default };
}

export class Panel {
  #host;
  #launcher;
  #server;
  #folder;
  #texts;
  #title;
  #memory;
  #connection;
  #log;
  #phone = matchMedia(PHONE);
  #parts;
  #dialog;
  #badge = el("span", { class: "badge", "aria-hidden": true, hidden: true });
  #status = { with: "bot", agent: null, hours: { open: true, says: "" } };
  #newest = 0; // what the server had when the page opened the conversation
  #typedAt = 0;
  #typingTimer;

  /** The panel of a `<refund-desk-chat>`, loaded and connected, but closed. */
  static async make(host, launcher, folder) {
    const wanted = (host.dataset.lang ?? "").toLowerCase();
    const [css, { lang, texts }] = await Promise.all([
      fetch(new URL("panel.css", folder), { credentials: "omit" }).then((answer) => answer.text()),
      loadTexts(folder, wanted),
    ]);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    host.shadowRoot.adoptedStyleSheets.push(sheet);
    return new Panel(host, launcher, folder, lang, texts);
  }

  constructor(host, launcher, folder, lang, texts) {
    this.#host = host;
    this.#launcher = launcher;
    this.#folder = folder;
    this.#server = folder.origin;
    this.#texts = texts;
    this.#title = host.dataset.title || texts.title;
    this.#memory = new Memory(this.#server);
    this.#dialog = this.#build(lang);
    this.#log = new Log({
      element: this.#parts.log,
      texts,
      lang,
      server: this.#server,
      act: {
        press: ({ title, payload }) => this.#say(payload, title),
        retry: (entry) => this.#connection.retry(entry),
        given: (reference) => this.#memory.ratings[reference],
        rate: async (reference, score) => {
          await this.#connection.rate(reference, score);
          this.#memory.addRating(reference, score);
        },
        moveFocus: () => this.#focus(),
      },
    });
    launcher.append(this.#badge);
    launcher.after(this.#dialog);
    this.#phone.addEventListener("change", () => this.isOpen && this.#show());
    visualViewport?.addEventListener("resize", () => this.#fit());
    document.addEventListener("visibilitychange", () => this.#see());
    this.#connect();
  }

  get isOpen() {
    return this.#dialog.open;
  }

  open({ focus }) {
    // Nobody who only goes on to the next page of a shop wants a phone's whole screen covered.
    if (this.isOpen || (!focus && this.#phone.matches)) return;
    this.#show();
    this.#launcher.setAttribute("aria-expanded", "true");
    this.#memory.open = true;
    this.#log.scrollToEnd();
    this.#see();
    if (focus) this.#focus();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.#dialog.contains(this.#host.shadowRoot.activeElement);
    this.#dialog.close();
    this.#menu(false);
    this.#launcher.setAttribute("aria-expanded", "false");
    this.#memory.open = false;
    if (hadFocus) this.#launcher.focus();
  }

  /** Put a text into the input. */
  write(text) {
    const { input } = this.#parts;
    input.value = text;
    this.#typed();
    input.focus();
  }

  // What the customer sees

  #build(lang) {
    const texts = this.#texts;
    const button = (name, label, onclick) => el("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick }, icon(name));
    const item = (name, text, onclick) => el("button", { type: "button", onclick }, icon(name), el("span", { text }));
    const p = (this.#parts = {
      face: el("span", { class: "face" }),
      who: el("p", { class: "who", role: "status", dir: "auto" }),
      log: el("div", { class: "log", role: "log", "aria-label": texts.messages, tabindex: "0", "aria-live": "off" }),
      notice: el("p", { class: "notice", role: "status", hidden: true }),
      input: el("textarea", { id: "input", rows: "1", maxlength: String(LONGEST), placeholder: texts.placeholder, dir: "auto", enterkeyhint: "send", autocomplete: "off", "aria-describedby": "count" }),
      count: el("p", { id: "count", class: "count", role: "status" }),
      send: el("button", { type: "submit", class: "send", "aria-label": texts.send, title: texts.send }, icon("send")),
      down: el("button", { type: "button", class: "to-end", hidden: true, onclick: () => this.#log.scrollToEnd() }, el("span", { text: texts.newMessages }), icon("down")),
      more: button("menu", texts.more, () => this.#menu(p.menu.hidden)),
      menu: el(
        "div",
        { class: "menu", id: "menu", hidden: true },
        item("save", texts.download, () => this.#download(lang)),
        item("trash", texts.clear, () => this.#askClear(true)),
      ),
      keep: el("button", { type: "button", text: texts.clearNo, onclick: () => this.#askClear(false) }),
    });
    p.more.setAttribute("aria-expanded", "false");
    p.more.setAttribute("aria-controls", "menu");
    p.form = el("form", { class: "form" }, el("label", { for: "input", class: "hidden", text: texts.message }), p.input, p.send, p.count);
    p.question = el(
      "div",
      { class: "question", role: "alertdialog", "aria-labelledby": "question", "aria-describedby": "hint", hidden: true },
      el("p", { id: "question", class: "title", text: texts.clearQuestion }),
      el("p", { id: "hint", text: texts.clearHint }),
      el("div", { class: "choices" }, p.keep, el("button", { type: "button", class: "danger", text: texts.clearYes, onclick: () => this.#clear() })),
    );
    p.log.append(el("p", { class: "intro", text: texts.intro, dir: "auto" }));
    p.log.addEventListener("scroll", () => p.down.toggleAttribute("hidden", p.down.hidden || this.#log.isAtEnd), { passive: true });
    p.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    p.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    p.input.addEventListener("input", () => this.#typed());
    const close = button("close", texts.closeChat, () => this.close());
    const header = el("header", {}, p.face, el("div", { class: "names" }, el("h2", { id: "title", text: this.#title, dir: "auto" }), p.who), p.more, close, p.menu);
    const dialog = el("dialog", { class: "panel", "aria-labelledby": "title", tabindex: "-1", lang }, header, p.log, p.down, p.notice, p.question, p.form);
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      this.#back();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // a phone's back gesture
      this.#back();
    });
    dialog.addEventListener("click", (event) => {
      if (!p.menu.hidden && !event.composedPath().some((node) => node === p.menu || node === p.more)) this.#menu(false);
    });
    return dialog;
  }

  /** Beside the page on a large screen; in its place, with the focus kept inside, on a small one. */
  #show() {
    const dialog = this.#dialog;
    const focused = this.#host.shadowRoot.activeElement;
    if (dialog.open) dialog.close();
    if (this.#phone.matches) dialog.showModal();
    else dialog.setAttribute("open", ""); // show() would move the focus
    dialog.classList.toggle("full", this.#phone.matches);
    this.#fit();
    if (dialog.contains(focused)) focused.focus();
  }

  /** Leave room for a phone's keyboard. */
  #fit() {
    const full = this.isOpen && this.#phone.matches && visualViewport;
    this.#dialog.style.blockSize = full ? `${visualViewport.height}px` : "";
    if (full) this.#log.scrollToEnd();
  }

  /** Into the input, but not where that would bring up a keyboard that nobody asked for. */
  #focus() {
    const { question, keep, input } = this.#parts;
    if (!question.hidden) keep.focus();
    else if (matchMedia("(pointer: coarse)").matches) this.#dialog.focus();
    else input.focus();
  }

  #back() {
    if (!this.#parts.menu.hidden) {
      this.#menu(false);
      this.#parts.more.focus();
    } else if (!this.#parts.question.hidden) this.#askClear(false);
    else this.close();
  }

  #menu(shown) {
    this.#parts.menu.hidden = !shown;
    this.#parts.more.setAttribute("aria-expanded", String(shown));
    if (shown) this.#parts.menu.firstChild.focus();
  }

  #notice(...content) {
    const { notice } = this.#parts;
    notice.hidden = !content.length;
    if (notice.textContent !== content.map((part) => part.textContent ?? part).join("")) notice.replaceChildren(...content);
  }

  #showStatus(status) {
    this.#status = status;
    const { agent, hours } = status;
    const texts = this.#texts;
    const { face, who } = this.#parts;
    const says = status.with === "agent" ? agent?.name ?? texts.withPerson : status.with === "waiting" ? texts.waiting : texts.automated;
    if (who.textContent !== says) {
      who.textContent = says;
      face.replaceChildren(avatar(status.with === "agent" ? agent ?? { name: texts.person } : null, this.#server));
    }
    this.#showNotice();
  }

  #state = "connecting";
  #reason = "";

  #showNotice() {
    const texts = this.#texts;
    const { input, send } = this.#parts;
    const shut = this.#state.endsWith("refused");
    input.disabled = send.disabled = shut;
    if (this.#state === "page refused") {
      const page = new URL("/", this.#server).href;
      this.#notice(`${texts.pageRefused} `, link(texts.openPage, page));
    } else if (this.#state === "token refused") this.#notice(texts.tokenRefused);
    else if (this.#state === "refused") this.#notice(texts.refused);
    else if (this.#state === "offline") this.#notice(texts.offline);
    else if (this.#reason) this.#notice(this.#reason);
    else if (this.#status.with === "waiting" && this.#status.hours?.says) this.#notice(this.#status.hours.says);
    else this.#notice();
  }

  /** What is on screen counts as read; the rest is counted on the launcher. */
  #see() {
    const messages = this.#log.messages;
    if (this.isOpen && !document.hidden && messages.length) this.#memory.seen = messages.at(-1).seq;
    const seen = this.#memory.seen;
    const unread = messages.filter(({ seq, who }) => seq > seen && who !== "customer").length;
    this.#badge.hidden = !unread;
    this.#badge.textContent = unread > 9 ? "9+" : String(unread);
    this.#launcher.setAttribute("aria-label", unread ? this.#texts.launcher(this.#title, unread) : this.#title);
  }

  // What the customer does

  #submit() {
    const { input } = this.#parts;
    const text = input.value.trim();
    if (!text || input.disabled) return;
    input.value = "";
    this.#typed();
    this.#say(text);
  }

  #say(text, title) {
    this.#reason = "";
    this.#showNotice();
    this.#typedAt = 0;
    clearTimeout(this.#typingTimer);
    this.#connection.send(text, title);
    if (this.#status.with === "bot" && this.#state === "online") this.#log.typing({ on: true, who: "bot" });
  }

  #typed() {
    const { input, count } = this.#parts;
    input.style.blockSize = "auto";
    input.style.blockSize = `${input.scrollHeight}px`;
    const { length } = input.value;
    count.textContent = length >= COUNT_FROM ? this.#texts.left(LONGEST - length) : "";
    if (this.#status.with !== "agent" || !length) return;
    if (Date.now() - this.#typedAt > TYPING_MS) {
      this.#typedAt = Date.now();
      this.#connection.typing(true);
    }
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => {
      this.#typedAt = 0;
      this.#connection.typing(false);
    }, TYPING_MS);
  }

  #download(lang) {
    this.#menu(false);
    this.#parts.more.focus();
    download(this.#log.messages, { title: this.#title, texts: this.#texts, lang, server: this.#server });
  }

  #askClear(asked) {
    this.#menu(false);
    this.#parts.question.hidden = !asked;
    this.#parts.form.hidden = asked;
    if (asked) this.#parts.keep.focus();
    else this.#parts.more.focus();
  }

  #clear() {
    this.#askClear(false);
    this.#memory.clear();
    this.#startAgain();
    this.#focus();
  }

  // The server

  #connect() {
    this.#newest = Infinity;
    this.#showStatus({ with: "bot", agent: null, hours: { open: true, says: "" } });
    const life = new AbortController();
    const { sender } = this.#memory;
    this.#memory.onCleared(sender, () => this.#startAgain(), life.signal);
    const log = this.#log;
    this.#connection = new Connection({
      server: this.#server,
      probe: new URL("lang/en.js", this.#folder),
      memory: this.#memory,
      token: this.#host.dataset.token,
      tell: {
        opened: ({ newest, status, greeting }) => {
          this.#newest = newest;
          if (greeting) this.#parts.log.setAttribute("aria-live", "polite"); // nothing old comes
          this.#showStatus(status);
        },
        message: (message) => this.#arrived(message),
        pending: (entry) => log.pending(entry),
        delivery: (entry, state, reason) => {
          log.delivery(entry, state, reason);
          if (state !== "sending") log.typing({ on: false });
          if (state === "failed" && reason) {
            this.#reason = reason;
            this.#showNotice();
          }
        },
        status: (status) => {
          this.#showStatus(status);
          if (status.with !== "bot") log.typing({ on: false });
          // A screen reader reads out what is new, not what was said before the page was opened.
          setTimeout(() => this.#parts.log.setAttribute("aria-live", "polite"));
        },
        typing: ({ on, who }) => log.typing({ on, who, name: this.#status.agent?.name ?? this.#texts.person }),
        gone: () => {
          this.#memory.forget(sender);
          this.#startAgain();
        },
        state: (state) => {
          this.#state = state;
          this.#showNotice();
          if (state !== "online") log.typing({ on: false });
        },
      },
    });
    this.#end = () => {
      life.abort();
      this.#connection.stop();
    };
    this.#connection.start();
  }

  #end = () => {};

  #startAgain() {
    this.#end();
    this.#log.clear();
    this.#reason = "";
    this.#parts.log.setAttribute("aria-live", "off");
    this.#connect();
    this.#see();
  }

  #arrived(message) {
    const atEnd = this.#log.isAtEnd;
    if (!this.#log.add(message)) return;
    if (message.seq <= this.#newest) this.#log.scrollToEnd();
    else if (!atEnd && message.who !== "customer") this.#parts.down.hidden = false;
    if (message.who === "customer") this.#memory.touch();
    this.#see();
  }
}
