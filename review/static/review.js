// What a running scan tells is refreshed in place, files may be dropped, buttons have their keys. All are extras: every
// page also works without this file.
const waitBetween = () => Number(document.querySelector("[data-again]")?.dataset.again);

async function refreshLive() {
  try {
    const answer = await fetch("/scan", { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next && next.outerHTML !== part.outerHTML) part.replaceWith(document.adoptNode(next));
    }
  } catch {
    // The program was ended; the next round tries again.
  }
}

async function keepFresh() {
  for (let wait = waitBetween(); wait; wait = waitBetween()) {
    await new Promise((resume) => setTimeout(resume, wait));
    if (!document.hidden) await refreshLive();
  }
}

function takeDrops(zone) {
  const input = zone.querySelector("input[type=file]");
  const chosen = zone.querySelector("[data-chosen]");
  const tell = () => {
    const names = Array.from(input.files, (file) => file.name);
    chosen.textContent = names.length > 1 ? `${names.length} files: ${names.join(", ")}` : "";
  };
  input.addEventListener("change", tell);
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    tell();
  });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input, textarea, select")) return;
  document.querySelector(`button[aria-keyshortcuts="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
}

document.addEventListener("keydown", onKey);
document.querySelectorAll("[data-drop]").forEach(takeDrops);
keepFresh();
