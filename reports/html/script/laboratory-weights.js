// How the laboratory draws its networks: the distributions of cells/initialisers.py, with random numbers of its own.
const networks = (() => {
  // Mulberry32: the same numbers in every browser.
  const generator = (seed) => {
    let state = Math.imul(seed, 0x9E3779B1);
    const uniform = () => {
      state = (state + 0x6D2B79F5) | 0;
      let x = Math.imul(state ^ (state >>> 15), state | 1);
      x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
      return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
    };
    const many = (n, one) => Float64Array.from({ length: n }, one);
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return {
      many, uniform,
      uniforms: (n, bound) => many(n, () => (2 * uniform() - 1) * bound),
      normals: (n, scale = 1) => many(n, () => scale * normal()),
    };
  };

  // A matrix with orthonormal columns, uniform among such: Gram and Schmidt's method on normal numbers.
  const orthonormal = (rows, columns, random) => {
    const basis = [];
    while (basis.length < columns) {
      const v = random.normals(rows);
      for (const other of basis) {
        let dot = 0;
        for (let k = 0; k < rows; k++) dot += v[k] * other[k];
        for (let k = 0; k < rows; k++) v[k] -= dot * other[k];
      }
      const length = Math.hypot(...v);
      basis.push(v.map((x) => x / length));
    }
    return random.many(rows * columns, (_, at) => basis[at % columns][Math.floor(at / columns)]);
  };

  // `gain` multiplies the recurrent weights, `bias` moves the gate that keeps the state.
  const draw = (name, initialiser, I, H, random, { gain = 1, bias = 0 } = {}) => {
    const { gates, keeps, writes, cell } = cells.kinds[name], rows = gates.length * H, LONGEST = 100;
    const [ih, hh, bi, bh] = [rows * I, rows * H, rows, rows].map((n) => random.uniforms(n, 1 / Math.sqrt(H)));
    const drawn = { ih, hh, bi, bh }, of = (gate, biases) => biases.subarray(gates.indexOf(gate) * H).subarray(0, H);
    if (/keras|gaussian/.test(initialiser)) { bi.fill(0); bh.fill(0); }
    if (initialiser === "keras") {
      drawn.ih = random.uniforms(rows * I, Math.sqrt(6 / (I + rows)));
      drawn.hh = orthonormal(rows, H, random);
    } else if (initialiser === "gaussian") {
      drawn.ih = random.normals(rows * I, 1 / Math.sqrt(I));
      drawn.hh = random.normals(rows * H, 1 / Math.sqrt(H));
    } else if (initialiser === "orthogonal") {
      Array.from(gates, (_, n) => hh.set(orthonormal(H, H, random), n * H * H));
    } else if (initialiser === "chrono" && keeps) {
      const biases = random.many(H, () => Math.log(1 + (LONGEST - 2) * random.uniform()));
      for (const [gate, sign] of [[keeps, 1], [writes, -1]]) {
        if (gate) { of(gate, bi).set(biases.map((b) => sign * b)); of(gate, bh).fill(0); }
      }
    }
    const moved = bias + (cell && /keras|fb1/.test(initialiser) ? 1 : 0);
    if (keeps) of(keeps, bi).forEach((b, k, kept) => { kept[k] = b + moved; });
    drawn.hh = drawn.hh.map((w) => w * gain);
    return drawn;
  };
  return { generator, draw };
})();
