// The viewer: the picture found and the owner's, side by side or laid over each other, with one zoom for both.

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];

const state = { mode: "side", zoom: 0, pan: { x: 0.5, y: 0.5 }, fade: 0.5 };
let blinking = 0;

const bench = () => document.getElementById("case");

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

export function draw() {
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
  const [found, ours, points] = [".found img", ".ours img", ".points img"].map((name) => viewer.querySelector(name));
  for (const image of [found, ours, points]) if (image) image.style.cssText = "";
  if (viewer.dataset.mode === "points") {
    const drawn = [points.naturalWidth, points.naturalHeight];
    if (zoom > 1 && drawn[0]) lay(points, drawn, looked(drawn, points.closest(".frame"), zoom));
    return;
  }
  if (!found || !ours || !viewer.dataset.picture || !viewer.dataset.reference) return;
  const together = ["blink", "over", "difference"].includes(state.mode);
  if (!together && zoom === 1) return;
  const picture = viewer.dataset.picture.split(" ").map(Number);
  const reference = viewer.dataset.reference.split(" ").map(Number);
  const view = looked(picture, (together ? found : ours).closest(".frame"), zoom);
  lay(found, picture, view);
  lay(ours, reference, times(view, laidOver(viewer, picture, reference)));
  if (state.mode === "over") ours.style.opacity = String(state.fade);
  if (state.mode === "difference") ours.style.mixBlendMode = "difference";
}

// What takes pixels of a picture to the part of it that a frame shows: the whole of it, or as far as it is zoomed and moved.
function looked(picture, within, zoom) {
  const frame = within.getBoundingClientRect();
  const fit = Math.min(frame.width / picture[0], frame.height / picture[1]);
  const size = [picture[0] * fit * zoom, picture[1] * fit * zoom];
  const left = size[0] <= frame.width ? (frame.width - size[0]) / 2 : (frame.width - size[0]) * state.pan.x;
  const top = size[1] <= frame.height ? (frame.height - size[1]) / 2 : (frame.height - size[1]) * state.pan.y;
  return [fit * zoom, 0, left, 0, fit * zoom, top, 0, 0, 1];
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

export function setMode(mode) {
  state.mode = mode;
  draw();
}

export function zoomBy(steps) {
  state.zoom = steps === 0 ? 0 : Math.max(0, Math.min(ZOOMS.length - 1, state.zoom + steps));
  if (steps === 0) state.pan = { x: 0.5, y: 0.5 };
  draw();
}

// A case that has just come into sight is seen as the last one was, but whole.
export function drawAnew() {
  for (const image of bench().querySelectorAll(".viewer img")) image.addEventListener("load", draw, { once: true });
  zoomBy(0);
}

export function toggleMode(mode) {
  setMode(state.mode === mode ? "side" : mode);
}

export function fadeTo(share) {
  state.fade = share;
  draw();
}

// Dragging moves both pictures together.
export function onDrag(event) {
  const viewer = event.target.closest?.(".viewer.zoomed");
  if (!viewer || !event.isPrimary || !(event.buttons & 1)) return;
  const frame = viewer.querySelector(viewer.dataset.mode === "points" ? ".points .frame" : ".frame").getBoundingClientRect();
  const zoom = ZOOMS[state.zoom];
  state.pan.x = Math.max(0, Math.min(1, state.pan.x - event.movementX / (frame.width * (zoom - 1))));
  state.pan.y = Math.max(0, Math.min(1, state.pan.y - event.movementY / (frame.height * (zoom - 1))));
  place(viewer, zoom);
}
