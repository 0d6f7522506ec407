// The forget dial.
const dial = document.getElementById("dial-bias");
const curve = document.getElementById("dial-curve");
if (dial && curve) {
  const { width, height, steps } = curve.dataset;
  const turn = () => {
    const gate = 1 / (1 + Math.exp(-dial.value));
    const points = Array.from({ length: +steps + 1 }, (_, t) => `${(t / steps * width).toFixed(1)} ${(height * (1 - gate ** t)).toFixed(1)}`);
    curve.setAttribute("d", "M" + points.join("L"));
    document.getElementById("dial-value").value = (+dial.value).toFixed(1);
    document.getElementById("dial-gate").textContent = gate.toPrecision(3);
    document.getElementById("dial-half-life").textContent = (Math.LN2 / -Math.log(gate)).toPrecision(3);
  };
  dial.addEventListener("input", turn);
  turn();
}
