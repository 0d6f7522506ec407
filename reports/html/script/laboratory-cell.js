// Inside one cell: the same sequence through a network before its training and after it, equation by equation.
const inside = document.getElementById("cell-laboratory");
if (inside) {
  const { words, networks: known, symbols, lines } = data(inside);
  const form = inside.querySelector("form"), field = (name) => form.elements.namedItem(name);
  const number = (value) => minus(value.toFixed(2));
  const small = (value) => {
    const [digits, exponent] = value.toExponential(1).split("e");
    return exponent > -3 ? minus(value.toFixed(3)) : `${minus(digits)} × ${power(exponent)}`;
  };

  let name, sequence, place = 0, both;
  const read = () => {
    name = field("cell").value;
    sequence = [...field("sequence").value].filter((symbol) => symbols.includes(symbol));
    if (!sequence.length) sequence = [symbols[0]];
    field("step").max = sequence.length;
    part("symbols", inside).replaceChildren(...sequence.map((symbol) => Object.assign(document.createElement("li"), { textContent: symbol })));
    both = ["before", "after"].map((when) => {
      const w = known[name][when], hh = w.weight_hh_l0, H = hh.length / w.bias_hh_l0.length;
      const inputs = sequence.map((symbol) => [...symbols].map((other) => +(other === symbol)));
      const steps = cells.run(name, { ih: w.weight_ih_l0, hh, bi: w.bias_ih_l0, bh: w.bias_hh_l0 }, inputs);
      const answers = steps.map(({ h }) => {
        const scores = [...w.readout_bias];
        cells.multiply(w.readout_weight, h, scores);
        const best = scores.indexOf(Math.max(...scores));
        return { best, sure: 100 / scores.reduce((sum, score) => sum + Math.exp(score - scores[best]), 0) };
      });
      // The gradient of the score of the answer that it gives at the end.
      const at = answers.at(-1).best * H, gradients = cells.back(name, { hh }, steps, Float64Array.from(w.readout_weight.slice(at, at + H)));
      return { when, H, steps, answers, gradients };
    });
    show();
  };

  const show = () => {
    const back = field("way").value === "back", k = field("unit").value - 1, rows = Object.entries(lines[name]), T = sequence.length;
    const { gates, cell } = cells.kinds[name], state = cell ? "c" : "h", table = inside.querySelector(`[data-cell=${name}]`);
    place = Math.max(0, Math.min(T * rows.length - 1, place));
    const t = Math.floor(place / rows.length), lit = rows[place % rows.length][0];
    field("step").value = t + 1;
    part("step", inside).textContent = `${t + 1} / ${T}`;
    [...part("symbols", inside).children].forEach((item, n) => item.classList.toggle("here", n === t));
    for (const other of all("[data-cell]", inside)) other.hidden = other !== table;
    const values = both.map(({ when, H, steps, answers, gradients }) => {
      const step = steps[t], gradient = gradients[t + 1];
      // Numbers of the unit: a gate by its letter, its sum by s and its letter, the states before by 0.
      const u = { h: step.h[k], c: step.c[k], h0: step.h0[k], c0: step.c0[k] };
      [...gates].forEach((gate, n) => { u[gate] = step.gates[n * H + k]; u[`s${gate}`] = step.sums[n * H + k]; });
      if (u.n) u.sn += (u.r - 1) * step.b[2 * H + k];
      for (const of in u) u[of] = number(u[of]);
      const arriving = (of) => small(2 ** gradient.exponent * (of === "c" ? gradient.total[k] : gradient[of]?.[k] ?? gradient.sums[gates.indexOf(of) * H + k]));
      let found;
      for (const [line, [of, told]] of rows) {
        const row = table.querySelector(`[data-line=${line}]`);
        row.classList.toggle("lit", line === lit);
        part(when, row).textContent = back ? arriving(of) : fill(told, u).replace(/· (−[0-9.]+)/g, "· ($1)");
        if (line === lit) found = back ? arriving(of) : u[of];
      }
      // One column a step, one row a unit: the state on the way there, the size of its gradient on the way back.
      const panel = inside.querySelector(`[data-network=${when}]`), svg = panel.querySelector("svg");
      const boxes = steps.flatMap((step, n) => Array.from(step[state], (value, unit) => {
        const d = gradients[n + 1], size = Math.abs((cell ? d.total : d.h)[unit]) * 2 ** d.exponent;
        const strength = back ? 1 + Math.log10(size) / 3 : Math.abs(Math.tanh(value));
        return `<rect class="${back ? "gradient" : value < 0 ? "minus" : "plus"}" x="${n + 0.04}" y="${unit + 0.04}" width=".92" height=".92" fill-opacity="${Math.max(0, Math.min(1, strength)).toFixed(2)}"/>`;
      }));
      svg.setAttribute("viewBox", `0 0 ${T} ${H}`);
      svg.innerHTML = boxes.join("") + [[0, H], [k, 1]].map(([y, height]) => `<rect class="now" x="${t}" y="${y}" width="1" height="${height}"/>`).join("");
      const joint = cells.profile(gradients), { best, sure } = answers[t];
      part("answer", panel).textContent = back ? fill(words.left, { left: small(10 ** (joint[1] - joint[T])) })
        : fill(words.answer, { answer: words.answers[best], sure: Math.round(sure) });
      return found;
    });
    part("finding", inside).textContent = fill(back ? words.back : words.forward, {
      t: t + 1, T, symbol: sequence[t], line: words.lines[lit], unit: k + 1, before: values[0], after: values[1],
    });
  };

  for (const [name, by] of [["previous", -1], ["next", 1]]) {
    part(name, inside).addEventListener("click", () => { place += field("way").value === "back" ? -by : by; show(); });
  }
  form.addEventListener("input", ({ target: { name: changed, value } }) => {
    if (changed === "example") field("sequence").value = value;
    if (changed === "step") place = (value - 1) * Object.keys(lines[name]).length;
    if (changed === "way") place = value === "back" ? Infinity : 0;
    if (changed === "cell") place = 0;
    (changed === "cell" || changed === "example" || changed === "sequence" ? read : show)();
  });
  read();
}
