// The live page: conversations on one side, the chosen message's attempts, prices and decisions on the other.
// It talks to the public API only. Everything that people wrote is put in as text, never as markup.

const ticks = {
  accepted: "· on disk", offered: "? your choice", sending: "→ under way", waiting: "◷ waiting", delivered: "✓✓ delivered",
  read: "✓✓ read", refused: "✕ refused", failed: "✕ failed", expired: "✕ expired", unknown: "? unknown", canceled: "↩ taken back",
};
const names = { im: "Chat", sms: "SMS", mms: "MMS" };
const page = { token: "", messages: new Map(), chosen: null, dirty: new Set(), stop: null };
const $ = (id) => document.getElementById(id);

/** Makes an element with text or children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value); else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function say(text) { $("state").textContent = text; }
const clock = (time) => make("time", { datetime: time ?? "" }, time ? time.slice(11, 23) : "");
const sure = { estimate: "about ", list: "up to " };
/** A price, never surer than it is. */
const money = (price) => (price ? `${sure[price.kind] ?? ""}${price.amount} ${price.currency}` : "unknown");
const plain = (code) => code.replaceAll("_", " ");
const paid = {
  submitted: "paid at hand-over, given back if it is not delivered", kept_if_undelivered: "paid even if it is not delivered",
  bearer: "billed as data by the network",
};
/** What one service of a quote costs, and what else is to be known of it. */
function cost({ price, available, units, unit, allowance, balance, charge_on, reason }) {
  const left = allowance && `${allowance.left_after} left of ${allowance.id}`;
  const low = balance?.low && (balance.left ? ": little" : "little money is left");
  const funds = [balance?.left && `${money(balance.left)} left`, low].filter(Boolean).join("");
  const price_or_none = price ? money(price) : available ? "price unknown" : "not possible";
  return [price_or_none, units && `${units} × ${plain(unit)}`, left, funds, paid[charge_on], reason && plain(reason)].filter(Boolean).join(" · ");
}

async function ask(path, body) {
  const headers = { Authorization: `Bearer ${page.token}`, ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  if (answer.status === 401) { $("key").hidden = false; throw new Error("the token is not accepted"); }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? `${path}: ${answer.status}`);
}

/** The list on the left: messages by the other end, newest first. */
function drawList() {
  const by = new Map();
  const newest = [...page.messages.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  for (const message of newest) {
    const key = `${message.from} → ${message.to}`;
    if (!by.has(key)) by.set(key, []);
    by.get(key).push(message);
  }
  const focused = document.activeElement?.dataset?.id;
  $("conversations").replaceChildren(...[...by].map(([pair, messages]) =>
    make("li", {}, make("h2", {}, pair), ...messages.map(drawLine))));
  if (focused) document.querySelector(`button[data-id="${focused}"]`)?.focus();
}

function drawLine(message) {
  const line = make("button", { "data-id": message.id, "aria-current": String(message.id === page.chosen), onclick: () => choose(message.id) },
    make("div", {}, message.text ?? "(media)"),
    make("div", { class: "meta" }, make("span", {}, ticks[message.status] ?? message.status),
      make("span", { class: "tag" }, names[message.service] ?? "–")));
  return line;
}

async function choose(id) {
  page.chosen = id;
  drawList();
  await drawMessage();
}

/** Chooses a service for a message, or consents to it, at this price and no more. */
function agree(id, service, { amount, currency }) {
  const label = `Send by ${names[service]} for ${amount} ${currency}`;
  const choice = { service, max_price: { amount, currency } };
  const onclick = () => ask(`/v1/messages/${id}/choose`, choice).then(drawMessage, (error) => say(error.message));
  return make("button", { onclick }, label);
}

/** What a message that waits for its sender asks, with what each answer costs. */
async function drawQuestion(message) {
  const { id, to, from, text, consent_needed: needed } = message;
  if (needed) {
    const name = names[needed.service];
    if (!needed.price) return [make("p", {}, `Not delivered yet. ${name} would be possible, but its price is not known now.`)];
    return [make("p", {}, `Not delivered yet. By ${name} it would cost ${money(needed.price)} in all. `, agree(id, needed.service, needed.price))];
  }
  if (message.status !== "offered" || !text) return [];
  // The operator's token has no prices of its own: then there is nothing to choose by.
  const quote = await ask("/v1/quotes", { to, from, text }).catch(() => ({ services: [] }));
  return quote.services.map((line) => make("p", {}, `${names[line.service]}: ${cost(line)} `,
    ...(line.available && line.price ? [agree(id, line.service, line.price)] : [])));
}

/** The chosen message on the right. */
async function drawMessage() {
  const id = page.chosen;
  if (!id) return;
  const [message, trace] = await Promise.all([ask(`/v1/messages/${id}`), ask(`/v1/messages/${id}/trace`)]);
  if (id !== page.chosen) return;
  const attempts = message.attempts.map((attempt) => make("tr", {},
    make("td", {}, String(attempt.n)), make("td", {}, names[attempt.service] ?? attempt.service), make("td", {}, attempt.kind ?? ""),
    make("td", {}, attempt.outcome ?? attempt.state), make("td", {}, money(attempt.price)), make("td", {}, clock(attempt.started_at)),
    make("td", {}, clock(attempt.ended_at))));
  const heads = ["", "service", "why", "state", "price", "started", "ended"].map((head) => make("th", { scope: "col" }, head));
  const story = trace.decisions.map((decision) => make("li", {}, clock(decision.at), decision.sentence));
  const question = await drawQuestion(message);
  if (id !== page.chosen) return;
  const charge = message.charge ? `${message.charge.state}: ${money(message.charge)}` : "nothing charged";
  $("message").replaceChildren(
    make("h2", {}, `${message.from} → ${message.to}`),
    make("p", { class: "bubble" }, page.messages.get(id)?.text ?? ""),
    make("p", {}, ticks[message.status] ?? message.status, message.reason ? ` (${plain(message.reason)})` : "",
      " · price shown ", money(message.price), " · at most ", money(message.you_pay_at_most), " · ", charge),
    ...question,
    make("h3", {}, "Attempts"), make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...attempts)),
    make("h3", {}, "Decisions"), make("ol", { class: "story" }, ...story),
    make("p", { class: "soft" }, message.id));
}

/** Refreshes what events touched; many events in one frame cost one look each. */
let planned = false;
function plan() {
  if (planned) return;
  planned = true;
  setTimeout(async () => {
    planned = false;
    const touched = [...page.dirty];
    page.dirty.clear();
    try {
      await Promise.all(touched.slice(-50).map(refresh));
      drawList();
      if (touched.includes(page.chosen)) await drawMessage();
    } catch (error) { say(error.message); }
  }, 80);
}

async function refresh(id) {
  page.messages.set(id, await ask(`/v1/messages/${id}`));
  while (page.messages.size > 500) page.messages.delete(page.messages.keys().next().value);
}

/** Reads the event stream with fetch, which can carry the token in a header; resumes after the last event. */
async function follow() {
  let last = null;
  for (;;) {
    try {
      const headers = { Authorization: `Bearer ${page.token}`, Accept: "text/event-stream" };
      if (last) headers["Last-Event-ID"] = last;
      const answer = await fetch("/v1/events/stream", { headers, signal: page.stop.signal });
      if (!answer.ok) throw new Error(`the stream answered ${answer.status}`);
      say("live");
      let rest = "";
      for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
        const { value, done } = await reader.read();
        if (done) break;
        const frames = (rest + value).split("\n\n");
        rest = frames.pop();
        for (const frame of frames) last = take(frame) ?? last;
      }
      say("the server closed the stream; trying again ...");
    } catch (error) {
      if (page.stop.signal.aborted) return;
      say(`${error.message}; trying again ...`);
    }
    await new Promise((wake) => setTimeout(wake, 1000));
  }
}

function take(frame) {
  const field = (name) => frame.split("\n").find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim();
  const data = field("data");
  if (!data) return null;
  const event = JSON.parse(data);
  if (event.message) { page.dirty.add(event.message); plan(); }
  return field("id");
}

async function open(token) {
  page.token = token;
  page.stop?.abort();
  page.stop = new AbortController();
  try {
    const list = await ask("/v1/messages?limit=100");
    $("key").hidden = true;
    sessionStorage.setItem("token", token);
    page.messages = new Map(list.data.map((message) => [message.id, message]));
    await Promise.all(list.data.slice(0, 30).map((message) => refresh(message.id)));
    drawList();
    if (!page.chosen && list.data.length) await choose(list.data[0].id);
    follow();
  } catch (error) { say(error.message); $("key").hidden = false; }
}

$("key").addEventListener("submit", (event) => { event.preventDefault(); open($("token").value.trim()); });
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) history.replaceState(null, "", location.pathname);
const kept = given ?? sessionStorage.getItem("token");
if (kept) open(kept); else { $("key").hidden = false; say("a token opens this page"); }
