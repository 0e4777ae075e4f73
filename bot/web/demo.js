// The demo page: its orders, and what pressing one puts into the chat.
const chat = () => document.querySelector("refund-desk-chat");

document.querySelector("#ask").addEventListener("click", () => chat()?.open());

function row({ number, email, product }) {
  const line = document.createElement("tr");
  for (const value of [number, email, product.replaceAll("-", " ")]) line.insertCell().textContent = value;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Use";
  button.setAttribute("aria-label", `Use ${number} in the chat`);
  button.addEventListener("click", () => chat()?.write(`${number}, ${email}`));
  line.insertCell().append(button);
  return line;
}

const answer = await fetch("/demo-orders");
const orders = answer.ok ? await answer.json() : [];
if (orders.length) document.querySelector("#orders").replaceChildren(...orders.map(row));
