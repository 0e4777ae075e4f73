// The demo page's chat: sends to the REST channel, shows what comes back. Text only, never HTML from a message.
const log = document.querySelector("#log");
const form = document.querySelector("#form");
const input = document.querySelector("#message");
const sender = sessionStorage.sender ??= `web-${crypto.randomUUID()}`;

function show(who, text) {
  const line = document.createElement("p");
  line.className = who;
  line.textContent = text;
  log.append(line);
  log.scrollTop = log.scrollHeight;
}

function offer(buttons) {
  const row = document.createElement("div");
  row.className = "buttons";
  for (const { title, payload } of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => say(payload, title));
    row.append(button);
  }
  log.append(row);
  log.scrollTop = log.scrollHeight;
}

async function say(message, shown = message) {
  document.querySelectorAll(".buttons").forEach((row) => row.remove());
  show("customer", shown);
  log.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/webhooks/rest/webhook", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sender, message, message_id: crypto.randomUUID() }),
    });
    const replies = await answer.json();
    // Also an answer that asks to slow down is a list of things to say.
    if (!Array.isArray(replies)) throw new Error(replies.error);
    for (const reply of replies) {
      if (reply.text) show("bot", reply.text);
      if (reply.buttons) offer(reply.buttons);
    }
  } catch {
    show("bot", "I can't be reached right now. Please try again in a moment.");
  }
  log.removeAttribute("aria-busy");
  input.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  input.value = "";
  if (text) say(text);
});

const orders = await (await fetch("/demo-orders")).json().catch(() => []);
for (const order of orders) {
  const row = document.querySelector("#demo tbody").insertRow();
  for (const value of [order.number, order.email, order.product]) row.insertCell().textContent = value;
  document.querySelector("#demo").hidden = false;
}
say("hello", "hello");
