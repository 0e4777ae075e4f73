// What the desk does with script: it keeps an open page up to date. Everything else works without.
const source = document.body.dataset.events;
const FULL_S = 5; // a full server is asked again after so many seconds
let isLive; // not known before the stream tells

// Live: the server says that something has changed, and the page looks again.

function isTouched(region) {
  const forms = region.matches("form") ? [region] : [...region.querySelectorAll("form")];
  return forms.some((form) => form.dataset.touched) || (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));
}

function isAtEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
}

// A log is only added to, so that a screen reader reads what is new, and no more.
function append(region, fresh) {
  const end = isAtEnd(region);
  for (const item of [...fresh.children]) {
    const known = document.getElementById(item.id);
    if (!known) {
      item.classList.add("fresh");
      region.append(item);
    } else if (known.outerHTML !== item.outerHTML && !known.classList.contains("fresh")) known.replaceWith(item);
  }
  if (end) region.scrollTop = region.scrollHeight;
}

function replace(region, fresh) {
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  region.replaceWith(fresh);
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (!focused) return;
  const again = focused.id ? document.getElementById(focused.id) : fresh.querySelector(`a[href="${CSS.escape(focused.getAttribute("href") ?? "")}"]`);
  again?.focus();
}

let looking = false, again = false;
async function look() {
  if (looking) { again = true; return; }
  looking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status === 401) { location.reload(); return; }
    if (answer.status === 429 || answer.status === 503) setTimeout(look, 1000 * (answer.headers.get("Retry-After") || FULL_S));
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    light(page);
    let held = false;
    for (const region of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(region.id);
      if (!fresh || fresh.outerHTML === region.outerHTML) continue;
      if (region.dataset.live === "append") append(region, fresh);
      else if (isTouched(region)) held ||= region.dataset.version !== fresh.dataset.version;
      else replace(region, fresh);
    }
    const changed = document.querySelector("#changed");
    if (changed) changed.hidden = !held;
  } catch {
    // The stream comes back by itself, and then the page looks again.
  } finally {
    looking = false;
    if (again) { again = false; look(); }
  }
}

function show(on) {
  isLive = on;
  light(document);
}

// Also in what the server has just sent, which does not know.
function light(page) {
  const sign = page.querySelector("#live");
  if (!sign || isLive === undefined) return;
  sign.classList.toggle("on", isLive);
  sign.textContent = isLive ? "Live" : "Connecting …";
}

let polling;
function listen() {
  const stream = new EventSource(source);
  stream.addEventListener("ready", () => {
    clearInterval(polling);
    polling = undefined;
    show(true);
    look(); // something may have happened since the page was made, while nobody listened
  });
  stream.addEventListener("changed", look);
  stream.addEventListener("typing", ({ data }) => {
    const sign = document.querySelector("#typing");
    if (sign) sign.textContent = data ? sign.dataset.text : "";
  });
  stream.addEventListener("error", () => {
    show(false);
    polling ??= setInterval(look, 15000);
    if (stream.readyState !== EventSource.CLOSED) return; // it comes back by itself
    setTimeout(listen, FULL_S * 1000);
    look(); // who is no longer signed in is sent to sign in
  });
}

if (source) {
  listen();
  setInterval(() => document.visibilityState === "visible" && look(), 60000); // waiting times go on
}

// Forms: what somebody has begun to write is not taken away.

document.addEventListener("input", (event) => { if (event.target.form) event.target.form.dataset.touched = "yes"; });

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.hasAttribute("data-download")) return;
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

// The composer

const log = document.querySelector(".log");
if (log) log.scrollTop = log.scrollHeight;

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".composer textarea")) {
    event.preventDefault();
    event.target.form.querySelector("button.primary").click();
  }
  const menu = event.key === "Escape" && event.target.closest?.(".canned[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

// The customer sees that somebody is typing; never that a note is being written.
let told = 0;
document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("#composer");
  if (!form || target.name !== "text" || form.elements.to.value !== "customer" || Date.now() - told < 3000) return;
  told = Date.now();
  fetch(form.dataset.typing, { method: "POST", body: new URLSearchParams({ csrf: form.elements.csrf.value }) }).catch(() => {});
});

document.addEventListener("click", (event) => {
  const reply = event.target.closest?.("button[name=canned]");
  const menu = document.querySelector(".canned[open]");
  if (reply) {
    event.preventDefault();
    const area = reply.form.querySelector("textarea");
    area.value = area.value.trim() ? `${area.value.trimEnd()}\n\n${reply.dataset.text}` : reply.dataset.text;
    reply.form.dataset.touched = "yes";
    menu.open = false;
    area.focus();
  } else if (menu && !menu.contains(event.target)) menu.open = false;
});
