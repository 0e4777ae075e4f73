// The way to the server and back. A message is sent until the server has stored it, under one id; what is received is
// counted by its seq. So nothing is lost and nothing is shown twice, whatever breaks in between.
import { newName } from "./memory.js";

const SLOWEST = 15_000; // ms between two tries
const ANSWER_MS = 20_000;
const FIRST_BYTE_MS = 8_000;
const SILENCE_MS = 40_000; // the server writes at least every 15 s
const HIDDEN_MS = 60_000;
const STREAM_TRIES = 3;
const SECRET_MS = 3_000; // for another window to get its answer
const LONGEST_WAIT = 60_000; // ms that a full server may have us wait
const GONE = 410; // the secret opens nothing any more

/**
 * The server answered, and not with what was asked for. `text` is for the customer; `wait` are the ms after which it says
 * to come back; `poll`: it has no stream, but answers polls.
 */
export class Refused extends Error {
  constructor(status, said, wait) {
    super(said.error ?? said.text ?? `status ${status}`);
    this.status = status;
    this.text = said.text ?? "";
    this.wait = wait;
    this.poll = said.poll === true;
  }

  /** Whether the same may be taken in a moment, without anything for the customer to do. */
  get passes() {
    return this.status >= 500 || (this.status === 429 && !this.text);
  }
}

/** What a request with a body is made of. */
const sent = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout(ANSWER_MS),
});

/**
 * Events: `opened` ({newest, status, greeting}), `message` (MESSAGE), `status` (STATUS), `typing` ({who, on}), `state`
 * ("connecting" | "online" | "offline" | "page refused" | "token refused" | "refused"), `gone` (the server has no such
 * conversation any more), and for messages on their way `pending` (entry), `delivery` (entry, "sending" | "waiting" |
 * "failed", reason).
 */
export class Connection {
  #api;
  #probe;
  #memory;
  #sender;
  #token;
  #tell;
  #life = new AbortController();
  #opened = false;
  #after = 0;
  #polls = false;
  #streamFailures = 0;
  #sending = false;
  #failed = new Set();
  #wakers = new Set();
  #paused = null;

  constructor({ server, probe, memory, token, tell }) {
    this.#api = new URL("/webhooks/web/", server);
    this.#probe = probe;
    this.#memory = memory;
    this.#sender = memory.sender;
    this.#token = token;
    this.#tell = tell;
  }

  start() {
    const { signal } = this.#life;
    window.addEventListener("online", () => this.wake(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.wake(), { signal });
    // A browser opens few connections to one server: pages that nobody looks at do without.
    let timer;
    const looked = () => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => this.#paused?.(), HIDDEN_MS);
      else this.wake();
    };
    document.addEventListener("visibilitychange", looked, { signal });
    for (const entry of this.#memory.unsent) this.#tell.pending(entry);
    this.#receive(signal);
  }

  stop() {
    this.#life.abort();
    this.wake();
  }

  /** Try again now what waits for its time. */
  wake() {
    for (const waker of [...this.#wakers]) waker();
  }

  /** Send a text; `title` is what a pressed button said. */
  send(text, title) {
    const at = new Date().toISOString();
    const entry = { message_id: newName(), key: newName(), text, at, seen: this.#memory.seen, ...(title && { title }) };
    this.#memory.addKey(entry.message_id, entry.key);
    this.#memory.addUnsent(entry);
    this.#memory.touch();
    this.#tell.pending(entry);
    this.#flush();
    this.wake();
  }

  /** Send a message again that was refused, or that waits. */
  retry(entry) {
    this.#failed.delete(entry.message_id);
    this.#flush();
    this.wake();
  }

  /** Tell the agent that the customer writes. Not worth a second try. */
  typing(on) {
    this.#post("typing", { on }).catch(() => {});
  }

  rate(reference, score) {
    return this.#post("rating", { reference, score });
  }

  async #receive(signal) {
    let failures = 0;
    this.#tell.state("connecting");
    while (!signal.aborted) {
      const started = Date.now();
      try {
        if (!this.#opened) await this.#open(signal);
        if (signal.aborted) return;
        await (this.#polls ? this.#poll(signal) : this.#stream(signal));
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const state = await this.#stateAfter(error);
        if (signal.aborted) return;
        if (Date.now() - started > SLOWEST) failures = 0;
        failures += 1;
        this.#tell.state(state);
        await this.#pause(state === "offline" ? failures : 10, error.wait);
        continue;
      }
      if (document.hidden && !signal.aborted) await this.#wakened();
      else await this.#pause(0);
    }
  }

  /** What an error means for the customer. A page that may not ask looks like a broken line: files for everybody tell. */
  async #stateAfter(error) {
    if (error instanceof Refused) {
      if (error.status === 401) return "token refused";
      return error.status >= 500 || error.status === 429 ? "offline" : "refused";
    }
    if (this.#opened || !navigator.onLine) return "offline";
    try {
      const answer = await fetch(this.#probe, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(ANSWER_MS) });
      return answer.ok ? "page refused" : "offline";
    } catch {
      return "offline";
    }
  }

  async #open(signal) {
    // Without its secret a conversation is opened by the window that named it; the others wait for what that one gets.
    const until = Date.now() + SECRET_MS;
    const waits = () => !this.#memory.resume(this.#sender) && !this.#memory.named(this.#sender) && Date.now() < until;
    while (waits() && !signal.aborted) await this.#pause(0);
    const opened = await (await this.#post("open", {})).json();
    if (signal.aborted) return;
    this.#opened = true;
    this.#tell.opened(opened);
    this.#flush();
  }

  async #stream(signal) {
    const stop = new AbortController();
    const end = () => stop.abort();
    signal.addEventListener("abort", end);
    this.#paused = end;
    let watch = setTimeout(end, FIRST_BYTE_MS);
    let heard = false;
    let gone = false;
    const secret = this.#memory.resume(this.#sender);
    try {
      const answer = await this.#ask(`messages?after=${this.#after}`, { headers: { Accept: "text/event-stream" }, signal: stop.signal });
      const kind = answer.headers.get("Content-Type") ?? "";
      if (!kind.startsWith("text/event-stream") || !answer.body) {
        this.#polls = true;
        return;
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        clearTimeout(watch);
        watch = setTimeout(end, SILENCE_MS);
        if (!heard) this.#tell.state("online");
        heard = true;
        const events = (text + value).split(/\r?\n\r?\n/);
        text = events.pop();
        events.forEach((event) => this.#hear(event));
        gone ||= events.some((event) => event.startsWith("event: gone"));
      }
      if (gone && !(await this.#renew(secret))) this.#lost();
    } catch (error) {
      if (error.poll) this.#polls = true; // many windows of one conversation
      if (error instanceof Refused) throw error;
      if (document.hidden && stop.signal.aborted && !signal.aborted) return; // paused
      if (!heard && ++this.#streamFailures >= STREAM_TRIES) this.#polls = true; // something in between holds streams back
      throw error;
    } finally {
      if (heard) this.#streamFailures = 0;
      clearTimeout(watch);
      signal.removeEventListener("abort", end);
      this.#paused = null;
    }
  }

  #hear(event) {
    const fields = event.split(/\r?\n/).map((line) => line.match(/^(\w+): ?(.*)$/)).filter(Boolean);
    const field = (name) => fields.filter((match) => match[1] === name).map((match) => match[2]).join("\n");
    const data = field("data");
    if (!data) return;
    const said = JSON.parse(data);
    const kind = field("event");
    if (kind === "message") this.#take(said);
    else if (kind === "status" || kind === "typing") this.#tell[kind](said);
  }

  async #poll(signal) {
    const limit = AbortSignal.timeout(SILENCE_MS);
    const stop = new AbortController();
    for (const other of [signal, limit]) other.addEventListener("abort", () => stop.abort());
    const answer = await this.#ask(`messages?after=${this.#after}&wait=25`, { signal: stop.signal });
    const { messages, status, typing } = await answer.json();
    this.#tell.state("online");
    messages.forEach((message) => this.#take(message));
    this.#tell.status(status);
    this.#tell.typing(typing ?? { on: false });
  }

  #take(message) {
    this.#after = Math.max(this.#after, message.seq);
    this.#arrived(message);
  }

  #arrived(message) {
    if (message.message_id) this.#memory.dropUnsent(message.message_id);
    this.#tell.message(message);
  }

  /** Send what is not sent, in its order, one by one. */
  async #flush() {
    if (this.#sending || !this.#opened) return;
    this.#sending = true;
    let failures = 0;
    for (;;) {
      const entry = this.#memory.unsent.find((one) => !this.#failed.has(one.message_id));
      if (!entry || this.#life.signal.aborted) break;
      this.#tell.delivery(entry, failures ? "waiting" : "sending");
      try {
        const { message_id, key, text, title, seen } = entry;
        const answer = await this.#post("messages", { message_id, key, text, seen, ...(title && { title }) });
        const stored = await answer.json();
        if (this.#life.signal.aborted) break;
        this.#arrived({ ...stored, message_id });
        failures = 0;
      } catch (error) {
        if (this.#life.signal.aborted) break;
        if (error instanceof Refused && !error.passes) {
          this.#failed.add(entry.message_id);
          this.#tell.delivery(entry, "failed", error.text || error.message);
        } else {
          failures += 1;
          this.#tell.delivery(entry, "waiting");
          await this.#pause(failures, error.wait);
        }
      }
    }
    this.#sending = false;
  }

  #post(path, body) {
    return this.#ask(path, sent(body));
  }

  async #ask(path, options) {
    const secret = this.#memory.resume(this.#sender);
    try {
      return await this.#fetch(path, options);
    } catch (error) {
      if (error.status !== GONE) throw error;
      if (await this.#renew(secret)) return this.#fetch(path, options);
      this.#lost();
      throw error;
    }
  }

  /** Take up the secret that has taken the place of this one: another window has it, or a message that was sent here. */
  async #renew(secret) {
    const renewed = () => this.#memory.resume(this.#sender) !== secret;
    const messages = this.#memory.keys.map(([message_id, key]) => ({ message_id, key }));
    if (!renewed() && messages.length) {
      await this.#fetch("secret", sent({ messages })).catch((error) => {
        if (error.status !== GONE) throw error;
      });
    }
    return renewed();
  }

  #lost() {
    if (!this.#life.signal.aborted) this.#tell.gone();
  }

  async #fetch(path, { headers, ...options }) {
    const sender = this.#sender;
    const resume = this.#memory.resume(sender);
    const own = { "X-Refund-Desk-Sender": sender };
    if (resume) own["X-Refund-Desk-Resume"] = resume;
    if (this.#token) own.Authorization = `Bearer ${this.#token}`;
    const answer = await fetch(new URL(path, this.#api), { cache: "no-store", ...options, headers: { ...own, ...headers } });
    const secret = answer.headers.get("X-Refund-Desk-Resume");
    if (secret && this.#memory.sender === sender) this.#memory.keepResume(sender, secret);
    if (!answer.ok) {
      const wait = Math.min(LONGEST_WAIT, 1000 * (Number(answer.headers.get("Retry-After")) || 0));
      throw new Refused(answer.status, await answer.json().catch(() => ({})), wait);
    }
    return answer;
  }

  /** Wait: the longer the more tries have failed, and somewhat at random, so that not all come back at once; `least` ms. */
  #pause(failures, least = 0) {
    const longest = failures ? Math.min(SLOWEST, 500 * 2 ** (failures - 1)) : 100;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, least + longest * (0.7 + 0.3 * Math.random()));
      if (failures) this.#wakers.add(done);
    });
  }

  #wakened() {
    return new Promise((resolve) => {
      const done = () => {
        this.#wakers.delete(done);
        resolve();
      };
      this.#wakers.add(done);
    });
  }
}
