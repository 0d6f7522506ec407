"""Products over all steps at once: of the input before the time loop, of all gradients after it."""

from __future__ import annotations

from cells.cuda.device.memory import DeviceArray, copy, empty
from cells.cuda.products.matrices import Matrix
from cells.cuda.products.multiply import DeviceMatrix, multiply, sum_rows
from cells.cuda.weights import Weights
from cells.spec import Product


def input_product(weights: Weights, x: DeviceArray, slots: DeviceArray) -> None:
    """W x of all steps, with its biases, into the slots of the input gates. x (T, B, I), slots (T, B, P, H)."""
    steps, batch, inputs = x.shape
    rows = weights.input_weights.shape[0]
    width = slots.shape[2] * slots.shape[3]
    count = steps * batch
    multiply(
        DeviceMatrix(x, Matrix(count, inputs, 0, inputs)),
        DeviceMatrix(weights.input_weights, Matrix(rows, inputs, 0, inputs)),
        DeviceMatrix(slots, Matrix(count, rows, 0, width)),
        b_transposed=True,
        bias=weights.input_bias,
        rounded=weights.rounded,
    )


def input_gradient(weights: Weights, d_slots: DeviceArray, shape: tuple[int, ...]) -> DeviceArray:
    """dL/dx (T, B, I): transposed W times dL/d slots."""
    steps, batch, inputs = shape
    rows = weights.input_weights.shape[0]
    width = d_slots.shape[2] * d_slots.shape[3]
    count = steps * batch
    out = empty(tuple(shape), d_slots.dtype)
    multiply(
        DeviceMatrix(d_slots, Matrix(count, rows, 0, width)),
        DeviceMatrix(weights.input_weights, Matrix(rows, inputs, 0, inputs)),
        DeviceMatrix(out, Matrix(count, inputs, 0, inputs)),
        rounded=weights.rounded,
    )
    return out


def parameter_gradients(
    weights: Weights, x: DeviceArray, slots: DeviceArray, states: DeviceArray, d_slots: DeviceArray
) -> dict[str, DeviceArray]:
    """Gradients by the parameters' names: one product over all steps and samples for each run of slots."""
    spec, hidden = weights.spec, weights.hidden_size
    steps, batch, inputs = x.shape
    count, width = steps * batch, len(spec.slots) * hidden
    sums = empty((width,), x.dtype)
    of_slots, of_sums = Matrix(count, width, 0, width), Matrix(1, width, 0, width)
    sum_rows(DeviceMatrix(d_slots, of_slots), DeviceMatrix(sums, of_sums))
    gradients = {name: empty(value.shape, x.dtype) for name, value in weights.parameters.items()}
    sources = {
        "input": DeviceMatrix(x, Matrix(count, inputs, 0, inputs)),
        "state": DeviceMatrix(states, Matrix(count, hidden, 0, hidden)),
        "masked": DeviceMatrix(slots, Matrix(count, hidden, spec.mask_slot * hidden, width)),
    }
    for product in spec.products:
        source = sources[product.source]
        columns = source.matrix.columns
        for slot, many, place in _neighbours(product):
            weight, bias = gradients[f"weight_{product.kind}_l0"], gradients[f"bias_{product.kind}_l0"]
            multiply(
                DeviceMatrix(d_slots, Matrix(count, many * hidden, slot * hidden, width)),
                source,
                DeviceMatrix(weight, Matrix(many * hidden, columns, place * hidden * columns, columns)),
                a_transposed=True,
                rounded=weights.rounded,
            )
            target = bias[place * hidden : (place + many) * hidden]
            copy(sums[slot * hidden : (slot + many) * hidden], target)
    return gradients


def _neighbours(product: Product) -> list[tuple[int, int, int]]:
    """Return (first slot, count, first block of the parameter) of gates that follow each other in both."""
    runs: list[tuple[int, int, int]] = []
    for slot, place in enumerate(product.places, product.first):
        if runs and runs[-1][2] + runs[-1][1] == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, runs[-1][2])
        else:
            runs.append((slot, 1, place))
    return runs
