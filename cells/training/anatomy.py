"""The parts of a step of training, each on its own and on one thread, to see where the time goes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cells.cpu.anatomy import Part
from cells.cpu.threads.pool import using_threads
from cells.training.trainer import Trainer

NOBODY_JUDGES = -1


def dissect(trainer: Trainer, x: Any, targets: Any) -> tuple[Part, ...]:
    """Take apart a step of a model whose layer has one direction, on a batch whose rows have all T steps.

    Parameters
    ----------
    trainer : Trainer
        Makes one step here; its parameters are trained on whenever the part "update" is called.
    x : (T, B, I) array
        The input.
    targets : array
        As of `Trainer.step`.

    Returns
    -------
    tuple of Part
        In the order of a step: "pack" (weights as kernels read them), "forward", "readout" (with the loss and its
        gradient), "backward" (through time), "parameter_gradients" and "update" (clipping and optimiser); to be called
        on one thread. The operations of a part are those of its products with the layer's weights.

    Raises
    ------
    ValueError
        For a layer of two directions.

    """
    model = trainer.model
    layer = model.layer
    if layer.bidirectional:
        raise ValueError(f"parts of a layer of two directions, merged by {layer.bidirectional}; allowed: one direction")
    with using_threads(1):
        trainer.step(x, targets)  # the workspace holds x and targets now
        steps, batch, inputs = np.shape(x)
        programme, judge = model.workspace((steps, batch, inputs)).programme()
    one_gate = 2.0 * steps * batch * layer.hidden_size
    from_input = one_gate * inputs * len(layer.spec.input_gates)
    from_state = one_gate * layer.hidden_size * len(layer.spec.hidden_gates)
    answer = np.zeros(2)
    memory = np.zeros((trainer.optimiser.vectors, model.flat_parameters.size), layer.array_dtype)
    clip = math.inf if trainer.clip is None else trainer.clip

    def stages(name: str, begin: int, end: int | None, flops: float = 0.0) -> Part:
        chosen = programme.part(begin, end)
        return Part(name, lambda: chosen.run(answer, NOBODY_JUDGES), flops)

    def update() -> None:
        trainer.optimiser.update(model.flat_parameters, model.flat_gradient, memory, clip, 1)

    return (
        stages("pack", 0, 1),
        stages("forward", 1, judge, from_input + from_state),
        stages("readout", judge, judge + 1),
        stages("backward", judge + 1, judge + 2, from_state),
        stages("parameter_gradients", judge + 2, None, from_input + from_state),
        Part("update", update, 0.0),
    )
