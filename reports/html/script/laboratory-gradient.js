// The gradient laboratory: draw a network as the form says, follow its gradient back, show it beside what was measured.
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const minus = (text) => String(text).replace("-", "−");
const power = (exponent) => "10" + String(exponent).replace(/./g, (mark) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(mark)]);
const data = (within) => JSON.parse(within.querySelector("script").textContent);
const part = (name, within) => within.querySelector(`[data-part=${name}]`);

const lab = document.getElementById("gradient-laboratory");
if (lab) {
  const { words, measured } = data(lab), [form, svg] = ["form", "svg"].map((query) => lab.querySelector(query));
  const field = (name) => form.elements.namedItem(name), chosen = (name) => field(name).selectedOptions[0];
  const link = part("link", lab), THOUSANDTH = -3, FLOAT32 = -149 * Math.log10(2), OTHERS = 4;

  // log10 G(k) of one network, k = 0 .. T; of a BiLSTM one curve for each direction.
  const curves = (s, seed) => {
    const random = networks.generator(seed), name = s.cell.replace("bi", ""), last = random.normals(s.H);
    const inputs = Array.from(random.normals(s.T, s.input), (x) => [x]);
    return (s.cell === name ? [inputs] : [inputs, [...inputs].reverse()]).map((read) => {
      const weights = networks.draw(name, s.init, 1, s.H, random, s);
      const joint = cells.profile(cells.back(name, weights, cells.run(name, weights, read), last));
      return joint.reverse().map((value) => value - joint[0]);
    });
  };

  // Least squares over lags from 10 on, as slope10 of the report, in decades a step.
  const slope = (curve) => {
    const used = [...curve.entries()].slice(10, -1).filter(([, g]) => isFinite(g));
    const mean = (of) => used.reduce((sum, point) => sum + of(...point), 0) / used.length, middle = mean((k) => k);
    return mean((k, g) => (k - middle) * g) / mean((k) => (k - middle) ** 2);
  };
  const steps = (n) => fill(words.steps, { n: n < 10 ? n.toPrecision(2) : Math.round(n) });
  const below = (curve, limit, rate) => {
    const k = curve.findIndex((g) => g < limit), later = (limit - curve.at(-2)) / rate + curve.length;
    if (k > 0) return fill(words.steps, { n: k });
    return rate < 0 && later < 1e5 ? fill(words.later, { steps: steps(later) }) : words.never;
  };

  let turn = 0, told = 0;
  const show = () => {
    for (const option of field("init").options) option.disabled = !option.dataset.cells.split(" ").includes(field("cell").value);
    if (chosen("init").disabled) field("init").value = "torch";
    field("bias").disabled = field("cell").value === "rnn";
    const s = Object.fromEntries([...form.elements].map(({ name, value }) => [name, isNaN(value) ? value : +value]));
    for (const value of all("[data-of]", form)) value.textContent = minus(s[value.dataset.of]);
    const drawn = curves(s, s.seed), rate = slope(drawn[0]), { bias } = chosen("init").dataset;

    // Of what was measured, that which is nearest in recurrent gain, bias of the gate that keeps, and input.
    const gates = cells.kinds[s.cell.replace("bi", "")].gates.length, gain = s.gain * chosen("init").dataset.gain / (s.init === "keras" ? Math.sqrt(gates) : 1);
    const far = (item) => Math.abs(Math.log((item.gain + 0.05) / (gain + 0.05))) + Math.abs(item.input - s.input) / 3
      + Math.abs(item.bias - (field("bias").disabled ? 0 : s.bias + (s.cell.endsWith("lstm") || s.init === "chrono" ? +bias : 0))) / 2
      + (item.init === s.init ? 0 : 0.4);
    const [band] = measured.filter(({ cell }) => s.cell.endsWith(cell)).sort((a, b) => far(a) - far(b));

    // The plot, in CSS pixels.
    const { clientWidth: width, clientHeight: height } = svg, left = 46, foot = height - 24;
    const seen = drawn.flat().filter(isFinite), low = Math.min(-4, ...seen), high = Math.max(0, ...seen);
    const gap = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => (high - low) / size <= 5.5) ?? 1000;
    const bottom = Math.floor(low / gap) * gap, top = Math.ceil(high / gap - 0.1) * gap;
    const x = (k) => left + k / s.T * (width - left - 8), y = (g) => 12 + (top - Math.max(g, bottom)) / (top - bottom) * (foot - 12);
    const path = (points, kind) => `<path class="${kind}" d="M${points.map(([k, g]) => `${x(k).toFixed(1)} ${y(g).toFixed(1)}`).join("L")}"/>`;
    const curve = (values, kind) => path([...values.entries()].filter(([, g]) => isFinite(g)), kind);
    const text = (x, y, words, anchor = "end") => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
    const rule = (g, kind) => path([[0, g], [s.T, g]], kind);
    let picture = "";
    for (let g = bottom; g <= top; g += gap) picture += rule(g, "grid") + text(left - 6, y(g) + 4, power(g));
    for (const k of [0, s.T / 2, s.T]) picture += text(x(k), height - 6, k, k < s.T ? "middle" : "end");
    if (band) {
      const lines = band.slope ? band.slope.map((rate) => [[0, 0], [s.T, rate * s.T]])
        : band.curves.map((values) => values.map((g, n) => [band.lags[n], g]).filter(([k]) => k <= s.T));
      picture += path([...lines[0], ...lines[2].reverse()], "band") + path(lines[1], "middle");
    }
    for (const [g, name] of [[THOUSANDTH, "1/1000"], [FLOAT32, "float32"]]) if (g >= bottom) picture += rule(g, "limit") + text(width - 10, y(g) - 5, name);
    svg.innerHTML = picture + "<g></g>" + drawn.map((values) => curve(values, "live")).join("");

    // Other networks of the same kind, one after another, until something is changed.
    const other = (n, mine) => {
      if (mine !== turn || n > OTHERS) return;
      svg.querySelector("g").innerHTML += curve(curves(s, s.seed + n)[0], "other");
      setTimeout(other, 0, n + 1, mine);
    };
    setTimeout(other, 60, 1, ++turn);

    // In words.
    const half = Math.LN2 / Math.LN10 / Math.abs(rate);
    part("horizon", lab).textContent = below(drawn[0], THOUSANDTH, rate);
    part("half", lab).textContent = half > 1e5 ? words.same : fill(rate < 0 ? words.steps : words.doubles, { n: steps(half).split(" ")[0] });
    part("lost", lab).textContent = below(drawn[0], FLOAT32, rate);
    part("measured", lab).textContent = band ? band.told : words.unmeasured;
    link.href = `#${lab.id}?${new URLSearchParams(new FormData(form))}`;
    clearTimeout(told);
    told = setTimeout(() => { part("finding", lab).textContent = [chosen("cell").text, chosen("init").text, ...all("dl div", lab).map((item) => item.textContent)].join(". "); }, 500);
  };

  // A link keeps the setting; a value that the form does not have changes nothing.
  const restore = () => {
    const [id, query] = location.hash.slice(1).split("?");
    if (id !== lab.id || !query) return;
    form.reset();
    for (const [name, value] of new URLSearchParams(query)) {
      const control = field(name);
      if (control && (!control.options || [...control.options].some((option) => option.value === value))) control.value = value;
    }
    show();
    lab.scrollIntoView();
  };
  form.addEventListener("input", show);
  form.addEventListener("change", () => history.replaceState(null, "", link.hash));
  addEventListener("hashchange", restore);
  new ResizeObserver(show).observe(svg);
  restore();
}
