// The cells of the laboratory in float64: PyTorch's equations, its order of gates, one row of the weights a unit of a
// gate: ih (kH × I), hh (kH × H), bi and bh (kH). No drawing here: tests compare these functions with the kernels.
const cells = (() => {
  const { tanh } = Math, sigmoid = (x) => 1 / (1 + Math.exp(-x)), zeros = (n) => new Float64Array(n);

  // out += matrix · v, and out += matrixᵀ · v
  const multiply = (matrix, v, out) => {
    const n = v.length;
    for (let row = 0, at = 0; row < out.length; row++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += matrix[at++] * v[k];
      out[row] += sum;
    }
  };
  const transposed = (matrix, v, out) => {
    const n = out.length;
    for (let row = 0, at = 0; row < v.length; row++) {
      const value = v[row];
      for (let k = 0; k < n; k++) out[k] += matrix[at++] * value;
    }
  };

  // Of unit k, whose gates g stand H apart. `forward` turns sums in g into gates, and sets h and c; b is the share of
  // the state in the sums. `back` turns dL/dh and dL/dc of a step into da, dL/dsums, and into what reaches the states
  // before without a product; `total` is dL/dc with its path through h.
  const kinds = {
    rnn: {
      gates: "a",
      forward(k, H, g, { h }) { h[k] = g[k] = tanh(g[k]); },
      back(k, H, g, step, d, da) { da[k] = d.h[k] * (1 - g[k] * g[k]); },
    },
    lstm: {
      gates: "ifgo", keeps: "f", writes: "i", cell: true,
      forward(k, H, g, { c0, c, h }) {
        const f = k + H, n = f + H, o = n + H;
        for (const at of [k, f, o]) g[at] = sigmoid(g[at]);
        g[n] = tanh(g[n]);
        c[k] = g[f] * c0[k] + g[k] * g[n];
        h[k] = g[o] * tanh(c[k]);
      },
      back(k, H, g, { c0, c }, d, da, to) {
        const f = k + H, n = f + H, o = n + H, shown = tanh(c[k]);
        const total = d.total[k] = d.c[k] + d.h[k] * g[o] * (1 - shown * shown);
        da[k] = total * g[n] * g[k] * (1 - g[k]);
        da[f] = total * c0[k] * g[f] * (1 - g[f]);
        da[n] = total * g[k] * (1 - g[n] * g[n]);
        da[o] = d.h[k] * shown * g[o] * (1 - g[o]);
        to.c[k] = total * g[f];
      },
    },
    gru: {
      gates: "rzn", keeps: "z",
      forward(k, H, g, { h0, h, b }) {
        const z = k + H, n = z + H;
        g[k] = sigmoid(g[k]);
        g[z] = sigmoid(g[z]);
        g[n] = tanh(g[n] + (g[k] - 1) * b[n]);
        h[k] = (1 - g[z]) * g[n] + g[z] * h0[k];
      },
      back(k, H, g, { h0, b }, d, da, to) {
        const z = k + H, n = z + H;
        da[n] = d.h[k] * (1 - g[z]) * (1 - g[n] * g[n]);
        da[k] = da[n] * b[n] * g[k] * (1 - g[k]);
        da[z] = d.h[k] * (h0[k] - g[n]) * g[z] * (1 - g[z]);
        to.h[k] = d.h[k] * g[z];
      },
    },
  };

  // Run a layer over inputs, a list of T vectors; the state before the first is zero. Returns T steps.
  const run = (name, { ih, hh, bi, bh }, inputs) => {
    const kind = kinds[name], H = bh.length / kind.gates.length;
    let h0 = zeros(H), c0 = zeros(H);
    return inputs.map((x) => {
      const sums = Float64Array.from(bi), b = Float64Array.from(bh);
      multiply(ih, x, sums);
      multiply(hh, h0, b);
      for (let row = 0; row < b.length; row++) sums[row] += b[row];
      const step = { h0, c0, h: zeros(H), c: zeros(H), sums, b, gates: sums.slice() };
      for (let k = 0; k < H; k++) kind.forward(k, H, step.gates, step);
      ({ h: h0, c: c0 } = step);
      return step;
    });
  };

  // Back from dL/dh of the last step. Item t is the gradient of the states after t steps, as numbers times 2^exponent,
  // so that none is lost: h, c (what arrives from c alone), total (of c, with the path through h), sums (of the gates).
  const back = (name, { hh }, steps, last) => {
    const H = last.length, kind = kinds[name];
    let d = { h: last, c: zeros(H), exponent: 0 };
    const found = [d];
    for (const step of [...steps].reverse()) {
      const to = { h: zeros(H), c: zeros(H) };
      d.total = zeros(H);
      d.sums = zeros(kind.gates.length * H);
      for (let k = 0; k < H; k++) kind.back(k, H, step.gates, step, d, d.sums, to);
      // The reset gate stands between the product and the sum of the candidate.
      const shares = d.sums.slice();
      if (name === "gru") for (let k = 0; k < H; k++) shares[2 * H + k] *= step.gates[k];
      transposed(hh, shares, to.h);
      // Scaled by a power of two, which is exact.
      const size = Math.max(largest(to.h), largest(to.c)), power = size && Math.max(-1000, Math.floor(Math.log2(size)));
      for (const part of [to.h, to.c]) for (let k = 0; k < H; k++) part[k] *= 2 ** -power;
      to.exponent = d.exponent + power;
      found.push(d = to);
    }
    d.total = d.c;
    return found.reverse();
  };
  const largest = (v) => v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

  // log10 of the norm of the gradient after t steps, of these parts together: ["h"], ["total"] of c, or both states.
  const profile = (gradients, parts = ["h", "c"]) => gradients.map((d) => {
    const most = Math.max(...parts.map((part) => largest(d[part])));
    const squares = parts.reduce((sum, part) => d[part].reduce((sum, x) => sum + (x / most) ** 2, sum), 0);
    return most ? Math.log10(most) + Math.log10(squares) / 2 + d.exponent * Math.log10(2) : -Infinity;
  });
  return { kinds, multiply, run, back, profile };
})();
