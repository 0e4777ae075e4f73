// What a message can hold beside its text: a card with figures, and five stars.
import { copy, el, hidden, icon, link, safeAddress } from "./dom.js";

const COPIED_MS = 2_000;

/** A picture of whoever speaks: an agent's, or their first letter, or the assistant's sign. */
export function avatar(agent, server) {
  if (!agent) return el("span", { class: "avatar", "aria-hidden": true }, icon("bot"));
  const letter = el("span", { class: "avatar person", "aria-hidden": true, text: (agent.name || "?").trim().charAt(0).toUpperCase() });
  const address = agent.picture && safeAddress(agent.picture, server);
  if (address) {
    const picture = el("img", { src: address, alt: "", onload: () => letter.replaceChildren(picture) });
  }
  return letter;
}

/** A quote or a case as a small table of figures. */
export function card(data, { texts, server, buttons }) {
  const rows = (data.rows ?? []).map(({ label, value, strong }) =>
    el("div", { class: strong ? "row strong" : "row" }, el("dt", { text: label }), el("dd", { text: value, dir: "auto" })),
  );
  const clauses = (data.clauses ?? []).flatMap(({ id, url }) => {
    const address = safeAddress(url ?? "", server);
    return address ? [link(id, address), " "] : [`${id} `];
  });
  if (clauses.length) {
    rows.push(el("div", { class: "row" }, el("dt", { text: texts.clauses }), el("dd", { class: "clauses" }, ...clauses)));
  }
  if (data.reference) {
    const value = el("dd", {}, el("strong", { text: data.reference }), copyButton(data.reference, texts));
    rows.push(el("div", { class: "row" }, el("dt", { text: texts.reference }), value));
  }
  const receipt = data.receipt && safeAddress(data.receipt, server);
  return el(
    "div",
    { class: `card ${data.type === "quote" ? "quote" : "case"}`, role: "group", "aria-label": data.title || texts.card },
    data.title && el("p", { class: "title", text: data.title, dir: "auto" }),
    el("dl", {}, ...rows),
    receipt && el("p", { class: "receipt" }, icon("receipt"), link(texts.receipt, receipt)),
    buttons,
  );
}

function copyButton(reference, texts) {
  const said = el("span", { text: texts.copy });
  const name = hidden(` ${reference}`);
  const button = el("button", { type: "button", class: "copy" }, icon("copy"), said, name);
  button.addEventListener("click", async () => {
    await copy(reference, button.parentNode);
    said.textContent = texts.copied;
    button.firstChild.replaceWith(icon("done"));
    button.focus();
    setTimeout(() => {
      said.textContent = texts.copy;
      button.firstChild.replaceWith(icon("copy"));
    }, COPIED_MS);
  });
  return button;
}

/** Five stars; `rate(score)` returns a promise, and throws an error with a status when it was refused. */
export function stars({ texts, given, rate, done }) {
  const box = el("div", { class: "rating", role: "group", "aria-label": texts.rate });
  const said = el("p", { class: "said", role: "status" });
  const thank = (text) => {
    row.remove();
    said.textContent = text;
  };
  const choose = async (score) => {
    try {
      await rate(score);
      thank(texts.rated(score));
      done();
    } catch (error) {
      if (error.status === 409) {
        thank(texts.ratedBefore);
        done();
      } else said.textContent = texts.ratingFailed;
    }
  };
  const row = el("div", { class: "stars" });
  for (const score of [1, 2, 3, 4, 5]) {
    row.append(el("button", { type: "button", "aria-label": texts.stars(score), onclick: () => choose(score) }, icon("star")));
  }
  box.append(row, said);
  if (given) thank(texts.rated(given));
  return box;
}
