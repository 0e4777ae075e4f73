// What the browser keeps of a conversation: its name and secret, what was seen, and what is not sent yet.

/** 32 letters from a to p, which hold 128 bits; also on pages without TLS, where crypto.randomUUID is missing. No digits:
 * of a thousand names in hex, one has digits like a card's, and the server would not keep it as it is. */
export function newName() {
  const letter = (half) => String.fromCharCode(97 + half);
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => letter(byte >> 4) + letter(byte & 15)).join("");
}

const KEYS = 6; // so many of the last messages may have replaced the secret

/** The browser's storage, or, where that is blocked or full, a memory that ends with the page. */
export class Memory {
  #prefix;
  #own = new Map();
  #named = null;

  constructor(server) {
    this.#prefix = `refund-desk ${server} `;
  }

  get sender() {
    return this.#get("sender") ?? this.#name();
  }
  /** Whether the name comes from this page, and not from another window. */
  named(sender) {
    return this.#named === sender;
  }
  /** The secret of a conversation: under its name, so that it can't be taken for another's. */
  resume(sender) {
    return this.#get(`resume ${sender}`);
  }
  keepResume(sender, secret) {
    this.#set(`resume ${sender}`, secret);
  }
  /** What only this browser knows of the messages that it sent last, the newest first: [message_id, key]. */
  get keys() {
    return this.#list("keys");
  }
  addKey(messageId, key) {
    this.#set("keys", JSON.stringify([[messageId, key], ...this.keys].slice(0, KEYS)));
  }
  /** The newest message that was on screen. */
  get seen() {
    return Number(this.#get("seen")) || 0;
  }
  set seen(seq) {
    if (seq > this.seen) this.#set("seen", String(seq));
  }
  /** Messages that the server has not confirmed, oldest first: {message_id, key, text, title, at}. */
  get unsent() {
    return this.#list("unsent");
  }
  addUnsent(entry) {
    this.#set("unsent", JSON.stringify([...this.unsent, entry]));
  }
  dropUnsent(messageId) {
    const unsent = this.unsent;
    const left = unsent.filter((entry) => entry.message_id !== messageId);
    if (left.length < unsent.length) this.#set("unsent", JSON.stringify(left));
  }
  /** References of cases that were rated here: {reference: score}. */
  get ratings() {
    return Object.fromEntries(this.#list("ratings"));
  }
  addRating(reference, score) {
    this.#set("ratings", JSON.stringify([...this.#list("ratings"), [reference, score]]));
  }
  /** Whether the chat was open on the last page of this tab. */
  set open(isOpen) {
    this.#try(() => (isOpen ? sessionStorage.setItem(`${this.#prefix}open`, "1") : sessionStorage.removeItem(`${this.#prefix}open`)));
  }
  /** Somebody is talking here: the next pages look for answers by themselves. */
  touch() {
    this.#set("active", String(Date.now()));
  }

  /** Forget the conversation. The next one has its name at once: windows that had to make one up would make up two. */
  clear() {
    this.#remove("unsent");
    this.forget(this.sender);
  }
  /** The same where the server has no such conversation any more; what is not sent yet goes into the next one. Another
   * window may have done it. */
  forget(sender) {
    if (this.sender !== sender) return;
    for (const key of [`resume ${sender}`, "keys", "seen", "ratings", "active"]) this.#remove(key);
    this.#name();
  }

  /** Call back when the conversation has another name than `sender`, because another window cleared it. */
  onCleared(sender, callback, signal) {
    const look = () => this.sender !== sender && callback();
    window.addEventListener("storage", (event) => event.key === `${this.#prefix}sender` && look(), { signal });
    window.addEventListener("pageshow", look, { signal });
  }

  #remove(key) {
    this.#own.delete(key);
    this.#try(() => localStorage.removeItem(this.#prefix + key));
  }

  #name() {
    this.#named = newName();
    return this.#set("sender", this.#named);
  }

  #list(key) {
    const found = this.#try(() => JSON.parse(this.#get(key)));
    return Array.isArray(found) ? found : [];
  }

  #get(key) {
    return this.#own.get(key) ?? this.#try(() => localStorage.getItem(this.#prefix + key)) ?? null;
  }

  #set(key, value) {
    const stored = this.#try(() => (localStorage.setItem(this.#prefix + key, value), true));
    if (stored) this.#own.delete(key);
    else this.#own.set(key, value);
    return value;
  }

  #try(work) {
    try {
      return work();
    } catch {
      return undefined;
    }
  }
}
