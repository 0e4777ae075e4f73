// The transcript as a text file, made in the browser.
import { el } from "./dom.js";

function author(message, texts) {
  if (message.who === "customer") return texts.you;
  if (message.who === "agent") return message.agent?.name ?? texts.person;
  return message.who === "bot" ? texts.assistant : "*";
}

function said(message, texts) {
  const name = message.agent?.name ?? texts.person;
  const event = { joined: texts.joined(name), left: texts.gone(name) }[message.kind];
  const lines = [message.title || message.text || event || ""];
  const { card } = message;
  if (card) {
    lines.push(`${card.title}`, ...(card.rows ?? []).map(({ label, value }) => `  ${label}: ${value}`));
    if (card.reference) lines.push(`  ${texts.reference}: ${card.reference}`);
  }
  return lines.join("\n    ");
}

/** Hand the messages to the customer as a file. */
export function download(messages, { title, texts, lang, server }) {
  const stamp = (at) => new Date(at).toLocaleString(lang, { dateStyle: "medium", timeStyle: "short" });
  const head = `${title}: ${texts.transcript}, ${server}, ${stamp(Date.now())}`;
  const lines = messages.map((message) => `[${stamp(message.at)}] ${author(message, texts)}: ${said(message, texts)}`);
  const address = URL.createObjectURL(new Blob([[head, "", ...lines, ""].join("\n")], { type: "text/plain;charset=utf-8" }));
  el("a", { href: address, download: `chat-${new Date().toISOString().slice(0, 10)}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
