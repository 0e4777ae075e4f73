// Small helpers for elements. Text only ever becomes a text node.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  bot: "M7 9h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2zM12 9V5M9 13.5v1M15 13.5v1",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  done: "M5 13l4.5 4.5L19 7",
  down: "M6 9l6 6 6-6",
  menu: "M12 5v.01M12 12v.01M12 19v.01",
  receipt: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  send: "M4 12l16-8-5 16-3.5-6.5zM11.5 13.5L20 4",
  star: "M12 3.5l2.6 5.3 5.9.9-4.2 4.1 1 5.8-5.3-2.8-5.3 2.8 1-5.8L3.5 9.7l5.9-.9z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
};

/** An element. Keys that begin with "on" are listeners, `text` is its text, everything else an attribute. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Words for screen readers only. */
export const hidden = (text) => el("span", { class: "hidden", text });

/** The address if it is one that may be followed: http, https, or a path of the server; otherwise null. */
export function safeAddress(address, server) {
  try {
    const url = new URL(address, server);
    const ours = address.startsWith("/") && url.origin === new URL(server).origin;
    return ours || /^https?:\/\//i.test(address) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(text, href) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", text });
}

const ADDRESS = /https?:\/\/[^\s<>"“”]+|(?<=^|[\s(])\/[a-z][\w\-/]*[\w\-/.#?=&%]*/gi;

/** A text as nodes, with the addresses in it as links. */
export function linked(text, server) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = match[0].replace(/[.,:;!?'’)\]]+$/, "");
    const address = safeAddress(shown, server);
    if (!address) continue;
    nodes.push(text.slice(end, match.index), link(shown, address));
    end = match.index + shown.length;
  }
  return [...nodes, text.slice(end)].filter((node) => node !== "");
}

export async function copy(text, holder) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page without TLS, or one that may not: the old way.
    const field = el("textarea", { class: "hidden" });
    field.value = text;
    holder.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
