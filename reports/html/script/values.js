// Values of a figure: the point nearest to the pointer, or the next one by the arrow keys; read off the drawing itself.
// The ends of a line's steps, which are relative.
const corners = (d) => {
  const found = [];
  let x = 0, y = 0;
  for (const [, command, rest] of d.matchAll(/([Mlhv])([^A-Za-z]*)/g)) {
    const numbers = rest.match(/-?(\d+\.?\d*|\.\d+)/g).map(Number);
    while (numbers.length) {
      if (command === "M") x = y = 0;
      if (command !== "v") x += numbers.shift();
      if (command !== "h") y += numbers.shift();
      found.push([x, y]);
    }
  }
  return found;
};
const pointsOf = (part, panels) => {
  const found = [];
  const add = ([x, y], paint) => {
    const panel = panels.find(([left, top, right, bottom]) => x > left - 3 && x < right + 3 && y > top - 3 && y < bottom + 3);
    if (panel) found.push({ x, y, panel, part, paint });
  };
  const lines = all("path", part).filter((path) => !path.closest("defs"));
  for (const line of lines) {
    if (line.getAttribute("fill") === "none") {
      for (const at of corners(line.getAttribute("d"))) add(at, line.getAttribute("stroke"));
    } else { // a bar ends where its value is; of other shapes the middle counts
      const box = line.getBBox();
      const bars = panels[0][5][1] !== "names" && panels[0][6][1] === "names";
      add([box.x + box.width * (bars ? 1 : 0.5), box.y + box.height / 2], line.getAttribute("fill"));
    }
  }
  if (!lines.length) for (const mark of all("use", part)) add([+mark.getAttribute("x"), +mark.getAttribute("y")], mark.getAttribute("stroke"));
  return found.sort((a, b) => a.x - b.x);
};
// A value in the digits that a hundredth of a point can tell: the axis, how far along it, and how long it is.
const read = ([name, kind, low, high, ticks], share, extent) => {
  const at = low + share * (high - low);
  if (ticks) {
    const [near] = ticks.toSorted((a, b) => Math.abs(a[0] - at) - Math.abs(b[0] - at));
    return near ? `${name} ${near[1]}`.trim() : "";
  }
  const log = kind.startsWith("log");
  let value = log ? low * (high / low) ** share : kind === "power" ? 10 ** at : at;
  const step = 0.02 / extent;
  const rough = log ? value * Math.log(high / low) * step : Math.abs(high - low) * step * (kind === "power" ? 2.3 * value : 1);
  const digits = Math.floor(Math.log10(Math.abs(value / rough)));
  const [scale, unit] = kind.endsWith("seconds") ? [[1, " s"], [1e-3, " ms"], [1e-6, " µs"], [1e-9, " ns"]].find(([least]) => value >= least) ?? [1, " s"] : [1, ""];
  const told = digits < 1 ? "0" : shown((value / scale).toPrecision(Math.min(4, digits)));
  return `${name && `${name}: `}${told}${unit}`;
};
for (const drawing of all('.canvas > [data-panels^="[["]')) {
  const canvas = drawing.parentNode, figure = canvas.parentNode;
  const told = all(".values", figure)[0];
  const panels = JSON.parse(drawing.dataset.panels);
  const idle = told.textContent;
  const ring = document.createElementNS(drawing.namespaceURI, "circle");
  ring.setAttribute("class", "ring");
  let known, place = -1, line = 0;
  const visible = () => {
    known ??= all("[data-series]:not([data-series$=band])", drawing).map((part) => pointsOf(part, panels)).filter((found) => found.length);
    return known.filter(([first]) => !first.part.classList.contains("off"));
  };
  const tell = (point, spoken) => {
    const { x, y, panel: [left, top, right, bottom, title, across, up], part, paint } = point;
    const { series } = part.dataset;
    const name = all("[data-toggle]", figure).find(({ dataset: { toggle } }) => `${series}--`.startsWith(`${toggle}--`));
    for (const [key, value] of Object.entries({ cx: x, cy: y, r: 5, stroke: paint })) ring.setAttribute(key, value);
    drawing.append(ring);
    if (spoken) ring.scrollIntoView({ block: "nearest", inline: "nearest" });
    told.ariaLive = spoken ? "polite" : "off";
    const words = [name?.textContent, title, read(across, (x - left) / (right - left), right - left), read(up, (bottom - y) / (bottom - top), bottom - top)];
    told.textContent = [...new Set(words)].filter(Boolean).join(" · ");
  };
  const stop = () => { ring.remove(); told.textContent = idle; place = -1; };
  const point = (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    const far = (other) => Math.hypot(other.x - x, other.y - y);
    const near = visible().flat().reduce((best, next) => (far(next) < far(best) ? next : best), { x: 1e4, y: 1e4 });
    if (far(near) < 25) tell(near); else stop();
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("mouseleave", stop);
  canvas.addEventListener("blur", stop);
  canvas.addEventListener("keydown", (event) => {
    const [next, other] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] ?? [];
    const lines = visible();
    if (next === undefined || !lines.length) return;
    event.preventDefault();
    line = (line + other + lines.length) % lines.length;
    place = Math.max(0, Math.min(lines[line].length - 1, place + next));
    tell(lines[line][place], true);
  });
}
