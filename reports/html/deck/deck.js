// The deck: one slide at a time, its address in the hash, notes below it, keys, buttons and touch.
const root = document.documentElement;
const slides = [...document.querySelectorAll(".slide")];
const controls = document.getElementById("controls");
let here = -1;
let timer = 0;

const named = () => slides.findIndex((slide) => "#" + slide.id === decodeURIComponent(location.hash));
const show = (place, focus = true) => {
  const next = Math.max(0, Math.min(slides.length - 1, place));
  if (next === here) return;
  here = next;
  slides.forEach((slide, at) => slide.classList.toggle("here", at === here));
  const title = slides[here].querySelector(".title");
  document.title = title.textContent;
  if (named() !== here) history.replaceState(null, "", "#" + slides[here].id);
  if (focus) title.focus({ preventScroll: true });
};
const notes = () => {
  const shown = root.classList.toggle("with-notes");
  document.getElementById("notes").setAttribute("aria-pressed", String(shown));
};
const theme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
const full = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
};
const keys = {
  ArrowRight: () => show(here + 1), ArrowDown: () => show(here + 1), PageDown: () => show(here + 1),
  ArrowLeft: () => show(here - 1), ArrowUp: () => show(here - 1), PageUp: () => show(here - 1),
  Home: () => show(0), End: () => show(slides.length - 1), f: full, n: notes, s: notes, d: theme,
};

root.classList.add("js");
controls.hidden = false;
show(Math.max(0, named()), false);
addEventListener("hashchange", () => { if (named() >= 0) show(named()); });
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const button = event.target instanceof HTMLButtonElement;
  if (event.key === " " && !button) {
    event.preventDefault();
    show(here + (event.shiftKey ? -1 : 1));
    return;
  }
  const does = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does) return;
  event.preventDefault();
  does();
});
document.getElementById("previous").addEventListener("click", () => show(here - 1, false));
document.getElementById("next").addEventListener("click", () => show(here + 1, false));
document.getElementById("notes").addEventListener("click", notes);
document.getElementById("theme").addEventListener("click", theme);
document.getElementById("full").addEventListener("click", full);
addEventListener("pointermove", () => {
  root.classList.add("moved");
  clearTimeout(timer);
  timer = setTimeout(() => root.classList.remove("moved"), 2000);
});
let start = null;
addEventListener("touchstart", (event) => { start = event.changedTouches[0]; }, { passive: true });
addEventListener("touchend", (event) => {
  const end = event.changedTouches[0];
  const way = start ? end.clientX - start.clientX : 0;
  if (Math.abs(way) > 50 && Math.abs(way) > 2 * Math.abs(end.clientY - start.clientY)) show(here + (way < 0 ? 1 : -1));
  start = null;
}, { passive: true });
