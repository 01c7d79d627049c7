"use strict";
// The bench: keys, the two pictures laid over each other, and the next case before it is asked for.
// Every page works without this file.

const FETCHED_AHEAD = 3;
const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];

const state = { mode: "side", zoom: 0, pan: { x: 0.5, y: 0.5 }, fade: 0.5, group: false };
const parts = new Map(); // candidate -> promise of its article
const past = new Set(); // decided or passed by: not the next ones, though pages fetched before may still name them so
const rests = new Set(); // reached as the rest of a group, so wherever in the queue they stood themselves
const moved = new Map(); // "candidate:change" as seen here -> what my own decision made of it
let following = [];
let waiting = 0;
let sending = Promise.resolve();
let blinking = 0;

// When what was changed just now is on the screen, in any case soon: what else there is to do would hold it up.
const painted = () => new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done, 50));
  setTimeout(done, 150);
});

const bench = () => document.getElementById("case");
const say = (text) => { document.getElementById("status").textContent = text; };

function complain(text) {
  const box = document.getElementById("trouble");
  box.textContent = text;
  box.hidden = !text;
}

// --- Laying one picture over the other

// The inverse of a 3 x 3 matrix, row by row; null where there is none.
function inverse(m) {
  const [a, b, c, d, e, f, g, h, i] = m;
  const A = e * i - f * h, B = f * g - d * i, C = d * h - e * g;
  const det = a * A + b * B + c * C;
  if (!Number.isFinite(det) || Math.abs(det) < 1e-12) return null;
  return [A, c * h - b * i, b * f - c * e, B, a * i - c * g, c * d - a * f, C, b * g - a * h, a * e - b * d].map((v) => v / det);
}

function times(p, q) {
  const out = [];
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      out.push(p[3 * row] * q[column] + p[3 * row + 1] * q[3 + column] + p[3 * row + 2] * q[6 + column]);
    }
  }
  return out;
}

const scaling = (x, y) => [x, 0, 0, 0, y, 0, 0, 0, 1];

function matrix3d(m) {
  const [a, b, c, d, e, f, g, h, i] = m.map((value) => value / m[8]);
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
}

// What takes pixels of the reference to pixels of the picture; where nothing is known, one frame to the other.
function laidOver(viewer, picture, reference) {
  const transform = JSON.parse(viewer.dataset.transform || "[]");
  const back = transform.length === 9 ? inverse(transform) : null;
  return back || scaling(picture[0] / reference[0], picture[1] / reference[1]);
}

function draw() {
  const viewer = bench()?.querySelector(".viewer");
  if (!viewer) return;
  clearInterval(blinking);
  const zoom = ZOOMS[state.zoom];
  const points = viewer.querySelector(".points img");
  if (state.mode === "points" && points && !points.src) points.src = points.dataset.src;
  viewer.dataset.mode = state.mode === "points" && !points ? "side" : state.mode;
  viewer.classList.toggle("zoomed", zoom > 1);
  for (const button of bench().querySelectorAll("[data-mode][aria-pressed]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
  }
  const fade = bench().querySelector(".fade");
  fade.hidden = state.mode !== "over";
  place(viewer, zoom);
  if (state.mode === "blink") {
    viewer.classList.remove("blinked");
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      blinking = setInterval(() => viewer.classList.toggle("blinked"), 500);
    }
  }
}

function place(viewer, zoom) {
  const [found, ours] = [".found img", ".ours img"].map((name) => viewer.querySelector(name));
  for (const image of [found, ours]) if (image) image.style.cssText = "";
  if (!found || !ours || !viewer.dataset.picture || !viewer.dataset.reference) return;
  const together = ["blink", "over", "difference"].includes(state.mode);
  if (!together && zoom === 1) return;
  const picture = viewer.dataset.picture.split(" ").map(Number);
  const reference = viewer.dataset.reference.split(" ").map(Number);
  const frame = (together ? found : ours).closest(".frame").getBoundingClientRect();
  const fit = Math.min(frame.width / picture[0], frame.height / picture[1]);
  const size = [picture[0] * fit * zoom, picture[1] * fit * zoom];
  const left = size[0] <= frame.width ? (frame.width - size[0]) / 2 : (frame.width - size[0]) * state.pan.x;
  const top = size[1] <= frame.height ? (frame.height - size[1]) / 2 : (frame.height - size[1]) * state.pan.y;
  const view = [fit * zoom, 0, left, 0, fit * zoom, top, 0, 0, 1];
  lay(found, picture, view);
  lay(ours, reference, times(view, laidOver(viewer, picture, reference)));
  if (state.mode === "over") ours.style.opacity = String(state.fade);
  if (state.mode === "difference") ours.style.mixBlendMode = "difference";
}

function lay(image, size, matrix) {
  const shown = [image.naturalWidth || size[0], image.naturalHeight || size[1]];
  image.style.position = "absolute";
  image.style.left = image.style.top = "0";
  image.style.maxWidth = image.style.maxHeight = "none";
  image.style.width = `${shown[0]}px`;
  image.style.height = `${shown[1]}px`;
  image.style.transformOrigin = "0 0";
  image.style.transform = matrix3d(times(matrix, scaling(size[0] / shown[0], size[1] / shown[1])));
}

function setMode(mode) {
  state.mode = mode;
  draw();
}

function zoomBy(steps) {
  state.zoom = steps === 0 ? 0 : Math.max(0, Math.min(ZOOMS.length - 1, state.zoom + steps));
  if (steps === 0) state.pan = { x: 0.5, y: 0.5 };
  draw();
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
  state.zoom = 0;
  state.pan = { x: 0.5, y: 0.5 };
  const group = article.querySelector("[name=group]");
  if (group) group.checked = state.group;
  for (const image of article.querySelectorAll(".viewer img")) image.addEventListener("load", draw, { once: true });
  document.title = `${article.dataset.title} · copycatch`;
  draw();
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
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${told.message}. ${told.remedy}`);
    return told;
  } catch (error) {
    complain(`${wanted} was not saved: ${error.message}`);
    return null;
  }
}

async function decide(ruling) {
  const article = bench();
  const form = article.querySelector("#decide");
  if (!form) return;
  if (ruling === "infringing" && !confirmed(form)) return;
  complain("");
  const fields = new FormData(form);
  fields.set("ruling", ruling);
  const candidate = article.dataset.candidate;
  state.group = form.querySelector("[name=group]")?.checked ?? false;
  // What is about the right holds for the seller, so for the rest of the group as well.
  const ofSeller = fields.get("scope") === "seller" || (!fields.get("scope") && ["licensed", "own_shop"].includes(ruling));
  const decided = [candidate, ...(state.group || ofSeller ? fields.getAll("member") : [])];
  for (const each of decided) past.add(each);
  following = following.filter((each) => !past.has(each));
  state.group = false;
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

// "i" opens the four questions; once more confirms them.
function confirmed(form) {
  const questions = form.querySelector("#questions");
  const boxes = [...questions.querySelectorAll("[name=confirmed]")];
  if (boxes.every((box) => box.checked)) return true;
  if (!questions.open) {
    questions.open = true;
    boxes[0].focus();
    say("Confirm the four sentences; i once more confirms all of them and decides.");
    return false;
  }
  for (const box of boxes) box.checked = true;
  return true;
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
  state.group = box.checked;
  say(box.checked ? "Deciding for the whole group." : "Deciding for this listing.");
}

function openDialog(name) {
  const dialog = document.getElementById(name);
  if (dialog?.open) dialog.close();
  else dialog?.showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const typing = event.target.closest("textarea, select, input:not([type=checkbox]):not([type=range])");
  if (typing || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const toggled = "1234".includes(key) && bench().querySelector("#questions[open]");
  if (rulings[key]) decide(rulings[key]);
  else if (modes[key]) setMode(state.mode === modes[key] ? "side" : modes[key]);
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

// Dragging moves both pictures together; two fingers or the wheel zoom them.
function onDrag(event) {
  const viewer = event.target.closest?.(".viewer.zoomed");
  if (!viewer || !event.isPrimary || !(event.buttons & 1)) return;
  const frame = viewer.querySelector(".frame").getBoundingClientRect();
  const zoom = ZOOMS[state.zoom];
  state.pan.x = Math.max(0, Math.min(1, state.pan.x - event.movementX / (frame.width * (zoom - 1))));
  state.pan.y = Math.max(0, Math.min(1, state.pan.y - event.movementY / (frame.height * (zoom - 1))));
  place(viewer, zoom);
}

if (bench()) {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("pointermove", onDrag);
  document.addEventListener("dragstart", (event) => { if (event.target.closest(".viewer")) event.preventDefault(); });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-fade]")) return;
    state.fade = event.target.value / 100;
    draw();
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
