// The bench: keys, decisions, and the next case before it is asked for. Every page works without this file.

import { draw, drawAnew, fadeTo, onDrag, setMode, toggleMode, zoomBy } from "./viewer.js";

const FETCHED_AHEAD = 3;
const READING = 400; // ms: no key that slips twice confirms what nobody can have read
const KEPT_ALIVE = 60000; // bytes of a form; what is larger than 64 KiB, browsers send from pages that stay only

const parts = new Map(); // candidate -> promise of its article
const past = new Set(); // decided or passed by: not the next ones, though pages fetched before may still name them so
const rests = new Set(); // reached as the rest of a group, so wherever in the queue they stood themselves
const moved = new Map(); // "candidate:change" as seen here -> what my own decision made of it
let following = [];
let wholeGroup = false;
let reviewer = ""; // as written down since this page was opened
let openedAt = 0; // when a key opened the four sentences
let waiting = 0;
let sending = Promise.resolve();

const left = new Promise((done) => addEventListener("pagehide", done));

// When what was changed just now is on the screen, in any case soon, and at once where the page is left: what else there is
// to do would hold it up.
const painted = () => Promise.race([left, new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done, 50));
  setTimeout(done, 150);
})]);

const bench = () => document.getElementById("case");
const say = (text) => { document.getElementById("status").textContent = text; };

function complain(text) {
  const box = document.getElementById("trouble");
  box.textContent = text;
  box.hidden = !text;
}

// --- The next case, before it is asked for

function address(candidate) {
  const query = bench().dataset.query;
  return `/case/${encodeURIComponent(candidate)}${query ? `?${query}` : ""}`;
}

function fetchPart(candidate) {
  if (!parts.has(candidate)) {
    const query = bench().dataset.query;
    const asked = fetch(`/case/${encodeURIComponent(candidate)}?${query ? `${query}&` : ""}part=1`)
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const article = document.adoptNode(page.getElementById("case"));
        // The very elements that will be shown: what they hold is decoded already when they are.
        await Promise.all([...article.querySelectorAll(".viewer img[src]")].map((image) => image.decode().catch(() => {})));
        return article;
      });
    asked.catch(() => parts.delete(candidate));
    parts.set(candidate, asked);
  }
  return parts.get(candidate);
}

function fetchAhead() {
  const wanted = following.slice(0, FETCHED_AHEAD);
  for (const known of [...parts.keys()]) if (!wanted.includes(known)) parts.delete(known);
  wanted.forEach(fetchPart);
}

// What comes after a case: the rest of its group, then what is known already, then what follows on it in the queue. After
// the last one of a group, what follows on that one in the queue would leave out whatever stands between the two.
function learn(candidate, group, found) {
  const here = bench().dataset.candidate;
  const rest = found.filter((each) => group.includes(each));
  const known = [...rest, ...following];
  if (!rests.has(candidate) || !known.length) known.push(...found);
  for (const each of rest) rests.add(each);
  following = [...new Set(known)].filter((each) => !past.has(each) && each !== here);
}

function arrive() {
  const article = bench();
  learn(article.dataset.candidate, new FormData(article.querySelector("#decide")).getAll("member"), JSON.parse(article.dataset.following));
  const group = article.querySelector("[name=group]");
  if (group) group.checked = wholeGroup;
  if (reviewer) article.querySelector(".who [name=name]").value = reviewer;
  document.title = `${article.dataset.title} · copycatch`;
  drawAnew();
  painted().then(fetchAhead);
}

async function show(candidate, { push = true } = {}) {
  try {
    const article = await fetchPart(candidate);
    parts.delete(candidate);
    bench().replaceWith(article);
  } catch {
    location.assign(address(candidate));
    return;
  }
  if (push) history.pushState({ candidate }, "", address(candidate));
  scrollTo(0, 0);
  arrive();
  bench().querySelector("h1").focus({ preventScroll: true });
}

// A case other than the next one: what follows it, it says itself.
function showAnew(candidate, options) {
  parts.clear();
  past.clear();
  following = [];
  return show(candidate, options);
}

function goOn() {
  past.add(bench().dataset.candidate);
  const next = following.shift();
  if (next) return show(next);
  location.assign(`/queue${bench().dataset.query ? `?${bench().dataset.query}` : ""}`);
  return null;
}

// --- Decisions

// One after the other: an undo that overtook its decision would find nothing to take back. And after the next case is in
// sight, which waits for nothing.
function send(place, fields, wanted) {
  waiting += 1;
  const done = sending.then(painted).then(() => post(place, fields, wanted)).finally(() => { waiting -= 1; });
  sending = done;
  return done;
}

// What I saw of a case, unless it is different only by what I said of another one since.
function newest(seen) {
  while (moved.has(seen)) seen = moved.get(seen);
  return seen;
}

async function post(place, fields, wanted) {
  try {
    const body = new URLSearchParams(fields);
    const seen = body.getAll("seen").map(newest);
    body.delete("seen");
    for (const each of seen) body.append("seen", each);
    const answer = await fetch(place, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      keepalive: body.toString().length < KEPT_ALIVE, // it arrives though the page is left
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${told.message}. ${told.remedy}`);
    return told;
  } catch (error) {
    complain(`${wanted} was not saved: ${error.message}`);
    return null;
  }
}

async function decide(ruling, { keyed = false } = {}) {
  const article = bench();
  const form = article.querySelector("#decide");
  if (!form || !named(article)) return;
  if (ruling === "infringing" && !confirmed(form, keyed)) return;
  complain("");
  const fields = new FormData(form);
  fields.set("ruling", ruling);
  const candidate = article.dataset.candidate;
  wholeGroup = form.querySelector("[name=group]")?.checked ?? false;
  // What is about the right holds for the seller, so for the rest of the group as well.
  const ofSeller = fields.get("scope") === "seller" || (!fields.get("scope") && ["licensed", "own_shop"].includes(ruling));
  const decided = [candidate, ...(wholeGroup || ofSeller ? fields.getAll("member") : [])];
  for (const each of decided) past.add(each);
  following = following.filter((each) => !past.has(each));
  wholeGroup = false;
  const words = ruling.replaceAll("_", " ");
  say(`${words} …`);
  const saved = send("/decisions", fields, `“${words}”`);
  const last = following.length === 0;
  if (!last) goOn();
  const told = await saved;
  if (!told) {
    for (const each of decided) past.delete(each);
    if (bench().dataset.candidate !== candidate) showAnew(candidate);
    return;
  }
  const others = told.settled.length ? `, and so are ${told.settled.length} more` : "";
  say(`${told.decisions.map((each) => each.name).join(", ")}: ${words}${others}. z takes it back.`);
  for (const each of told.settled) past.add(each);
  for (const [seen, now] of Object.entries(told.moved)) {
    moved.set(seen, now);
    parts.delete(seen.split(":")[0]);
  }
  const here = bench().dataset.candidate;
  learn(candidate, fields.getAll("member"), told.following);
  if (last || told.settled.includes(here)) goOn();
  else fetchAhead();
}

// --- Who decides

function named(article) {
  const name = article.querySelector(".who [name=name]");
  if (name.value.trim()) return true;
  complain("Nobody is named who decides: write your name, and decide then.");
  name.focus();
  return false;
}

// Without leaving the case: what is ticked in it stays. And before the next decision is sent, which bears the name.
function writeName(form) {
  const name = form.elements.name.value.trim();
  if (!name || name === reviewer) return;
  reviewer = name;
  const body = new URLSearchParams(new FormData(form));
  sending = sending.then(async () => {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true });
    if (answer.type !== "opaqueredirect") throw new Error(String(answer.status));
    complain("");
    say(`You decide as ${name}.`);
  }).catch((error) => {
    reviewer = "";
    complain(`Your name was not saved: ${error.message}`);
  });
}

// The key opens the four sentences, and confirms all of them when it is pressed once more. Whoever ticks some of them
// answers one by one, and has to tick them all.
function confirmed(form, keyed) {
  const questions = form.querySelector("#questions");
  const boxes = [...questions.querySelectorAll("[name=confirmed]")];
  const ticked = boxes.filter((box) => box.checked).length;
  if (ticked === boxes.length) return true;
  if (keyed && questions.open && !ticked && performance.now() - openedAt > READING) {
    for (const box of boxes) box.checked = true;
    return true;
  }
  if (!questions.open) {
    questions.open = true;
    openedAt = performance.now();
    boxes[0].focus();
  }
  say(ticked
    ? `${boxes.length - ticked} of the ${boxes.length} sentences are not confirmed: nothing is decided.`
    : "Confirm the four sentences; i once more confirms all of them and decides.");
  return false;
}

async function undo() {
  complain("");
  const told = await send("/undo", { query: bench().dataset.query }, "The undo");
  if (!told) return;
  if (!told.next) return say("Nothing is left to undo.");
  await showAnew(told.next);
  say(`${told.decisions.length === 1 ? "1 decision is" : `${told.decisions.length} decisions are`} undone.`);
}

// --- Keys, clicks, touch

const rulings = { i: "infringing", l: "licensed", o: "own_shop", p: "own_photo", n: "not_a_match", u: "unsure" };
const modes = { s: "side", b: "blink", v: "over", d: "difference", m: "points" };

function toggleGroup() {
  const box = bench().querySelector("[name=group]");
  if (!box) return;
  box.checked = !box.checked;
  wholeGroup = box.checked;
  say(box.checked ? "Deciding for the whole group." : "Deciding for this listing.");
}

function openDialog(name) {
  const dialog = document.getElementById(name);
  if (!dialog) return;
  if (dialog.open) return dialog.close();
  dialog.showModal();
  dialog.querySelector("h2").focus();
  dialog.scrollTop = 0; // browsers remember how far it was read
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const typing = event.target.closest("textarea, select, input:not([type=checkbox]):not([type=range])");
  if (typing || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.repeat && (rulings[key] || key === "z")) return; // a key held down is one press
  const toggled = "1234".includes(key) && bench().querySelector("#questions[open]");
  if (rulings[key]) decide(rulings[key], { keyed: true });
  else if (modes[key]) toggleMode(modes[key]);
  else if (toggled) toggled.querySelectorAll("[name=confirmed]")[Number(key) - 1].click();
  else if (key === "z") undo();
  else if (key === "j" || key === "ArrowRight") goOn();
  else if (key === "k" || key === "ArrowLeft") history.back();
  else if (key === "g") toggleGroup();
  else if (key === "+" || key === "=") zoomBy(1);
  else if (key === "-") zoomBy(-1);
  else if (key === "0") zoomBy(0);
  else if (key === "h") openDialog("handoff");
  else if (key === "?") openDialog("help");
  else return;
  event.preventDefault();
}

function onClick(event) {
  const button = event.target.closest("button, .viewer");
  if (!button) return;
  const { mode, zoom, go, open } = button.dataset;
  if (button.matches(".viewer")) return;
  if (button.name === "ruling") decide(button.value);
  else if (button.closest("#undo")) undo();
  else if (mode) setMode(mode);
  else if (zoom) zoomBy({ in: 1, out: -1, off: 0 }[zoom]);
  else if (go === "next") goOn();
  else if (go === "previous") history.back();
  else if (open) openDialog(open);
  else return;
  event.preventDefault();
}

if (bench()) {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("pointermove", onDrag);
  document.addEventListener("dragstart", (event) => { if (event.target.closest(".viewer")) event.preventDefault(); });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-fade]")) return;
    fadeTo(event.target.value / 100);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".who")) return;
    event.preventDefault();
    bench().querySelector("h1").focus({ preventScroll: true }); // which ends the writing: "change" follows
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".who [name=name]")) writeName(event.target.form);
  });
  addEventListener("resize", draw);
  addEventListener("popstate", () => {
    const candidate = location.pathname.split("/").pop();
    if (candidate !== bench().dataset.candidate) showAnew(decodeURIComponent(candidate), { push: false });
  });
  addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });
  history.replaceState({ candidate: bench().dataset.candidate }, "");
  arrive();
}
