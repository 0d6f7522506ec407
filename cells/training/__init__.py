"""Networks that learn: a layer with a readout, its loss, optimisers, one step of training, and a course of them.

    model = Model(Layer("lstm", 2, 32, rng=rng), outputs=2, rng=rng)
    trainer = Trainer(model, Adam(1e-3), clip=1.0)
    loss, gradient_norm = trainer.step(x, targets)

Everything runs in the kernels of `cells.cpu`: a step updates the parameters in place, in memory that is made once for a
shape of input.
"""

from cells.training.course import History, train
from cells.training.model import Model
from cells.training.optimisers import SGD, Adam, RMSprop
from cells.training.trainer import Diverged, Step, Trainer

__all__ = ["SGD", "Adam", "Diverged", "History", "Model", "RMSprop", "Step", "Trainer", "train"]
