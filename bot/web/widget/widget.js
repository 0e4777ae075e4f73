// The launcher of Refund Desk's chat: all that a page loads before somebody opens the chat.
//
//   <script src="https://desk.example/widget.js" data-title="Help with refunds" async></script>
//
// A classic script and a module alike, therefore without import.meta.
(() => {
  const NAME = "refund-desk-chat";
  const DAY = 86_400_000;
  // A module has no currentScript; its element is found by its address.
  const script = document.currentScript ?? document.querySelector('script[type="module"][src*="/widget.js"]');
  if (!script || customElements.get(NAME)) return;
  const folder = new URL("widget/", script.src);

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { --accent: var(--refund-desk-accent, #0b6b5d); --on-accent: var(--refund-desk-accent-text, #fff);
      all: initial; color-scheme: light dark; direction: inherit;
      position: fixed; z-index: var(--refund-desk-z-index, 2147483000); inset-block-end: 20px; inset-inline-end: 20px;
      font: 400 16px/1.45 var(--refund-desk-font, system-ui, sans-serif); }
    :host([hidden]) { display: none; }
    :host([data-theme=light]) { color-scheme: light; }
    :host([data-theme=dark]) { color-scheme: dark; }
    :host([data-position=right]) { inset-inline: auto; right: 20px; }
    :host([data-position=left]) { inset-inline: auto; left: 20px; }
    /* White or black, whichever is easier to read on the accent. */
    @supports (color: color(from red xyz x y z)) { :host { --on-accent: var(--refund-desk-accent-text,
      color(from var(--accent) xyz clamp(0, (.18 - y) * 950, .95) clamp(0, (.18 - y) * 1000, 1) clamp(0, (.18 - y) * 1089, 1.089))); } }
    .launcher { all: unset; box-sizing: border-box; position: relative; display: grid; place-items: center; inline-size: 60px;
      block-size: 60px; border-radius: 50%; border: 1px solid transparent; background: var(--accent); color: var(--on-accent);
      cursor: pointer; box-shadow: 0 6px 20px #0005; transition: transform .15s; }
    .launcher:hover { transform: scale(1.06); }
    .launcher:focus-visible { outline: 3px solid CanvasText; outline-offset: 3px; box-shadow: 0 0 0 3px Canvas; }
    .launcher svg { inline-size: 28px; block-size: 28px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
      stroke-linejoin: round; }
    .launcher .down, .launcher[aria-expanded=true] .bubble { display: none; }
    .launcher[aria-expanded=true] .down { display: block; }
    .launcher[aria-busy=true] svg { animation: wait .8s infinite alternate; }
    .badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 22px; padding-inline: 6px;
      box-sizing: border-box; border-radius: 11px; border: 1px solid transparent; background: #b3261e; color: #fff;
      font: 700 13px/22px system-ui, sans-serif; text-align: center; }
    .badge[hidden], .sorry[hidden] { display: none; }
    .sorry { position: absolute; inset-block-end: 72px; inset-inline-end: 0; inline-size: 240px; padding: 12px 14px; border-radius: 12px;
      box-sizing: border-box; border: 1px solid; background: Canvas; color: CanvasText; font-size: 15px; }
    :host([data-position=left]) .sorry { inset-inline: auto; left: 0; }
    @keyframes wait { to { opacity: .3; } }
    @media (prefers-reduced-motion: reduce) { .launcher, .launcher svg { transition: none; animation: none !important; transform: none !important; } }
    @media print { :host { display: none; } }`);

  function drawing(name, path) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", name);
    svg.append(document.createElementNS(svg.namespaceURI, "path"));
    svg.firstChild.setAttribute("d", path);
    return svg;
  }

  function kept(storage, key) {
    try {
      return window[storage].getItem(`refund-desk ${folder.origin} ${key}`);
    } catch {
      return null; // storage is blocked
    }
  }

  class RefundDeskChat extends HTMLElement {
    #loading = null;
    #panel = null;
    #launcher;
    #sorry;

    connectedCallback() {
      if (this.shadowRoot) return;
      for (const [name, value] of Object.entries(script.dataset)) this.dataset[name] ??= value;
      const { title = "Refund Desk", accent } = this.dataset;
      if (accent && CSS.supports("color", accent)) this.style.setProperty("--refund-desk-accent", accent);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      const section = document.createElement("section");
      section.setAttribute("aria-label", title);
      const launcher = (this.#launcher = document.createElement("button"));
      launcher.className = "launcher";
      launcher.setAttribute("aria-label", title);
      launcher.setAttribute("aria-expanded", "false");
      launcher.append(
        drawing("bubble", "M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM8 9.5h8M8 13h5"),
        drawing("down", "M5 9l7 7 7-7"),
      );
      launcher.addEventListener("click", () => (this.#panel?.isOpen ? this.close() : this.open()));
      const sorry = (this.#sorry = document.createElement("p"));
      sorry.className = "sorry";
      sorry.setAttribute("role", "status");
      sorry.hidden = true;
      section.append(launcher, sorry);
      root.append(section);
      // Whoever was talking lately hears of answers on every page; nobody else loads anything before the first click.
      if ("open" in this.dataset || kept("sessionStorage", "open")) this.#begin((panel) => panel.open({ focus: false }));
      else if (Date.now() - kept("localStorage", "active") < DAY) this.#begin(() => {});
    }

    /** Show the chat. */
    open() {
      return this.#begin((panel) => panel.open({ focus: true }));
    }

    /** Hide the chat, and give the focus back to the launcher. */
    close() {
      this.#panel?.close();
    }

    /** Show the chat with a text in its input, not sent. */
    write(text) {
      return this.#begin((panel) => {
        panel.open({ focus: true });
        panel.write(text);
      });
    }

    async #begin(then) {
      this.#sorry.hidden = true;
      this.#launcher.setAttribute("aria-busy", "true");
      try {
        this.#loading ??= import(new URL("panel.js", folder)).then(({ Panel }) => Panel.make(this, this.#launcher, folder));
        this.#panel = await this.#loading;
        then(this.#panel);
      } catch (error) {
        this.#loading = null; // the next click tries again
        this.#sorry.textContent = this.dataset.unavailable ?? "The chat can't be loaded right now. Please try again in a moment.";
        this.#sorry.hidden = false;
        console.error("refund-desk-chat:", error);
      }
      this.#launcher.removeAttribute("aria-busy");
    }
  }

  customElements.define(NAME, RefundDeskChat);
  const add = () => document.querySelector(NAME) ?? document.body.append(document.createElement(NAME));
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add);
})();
