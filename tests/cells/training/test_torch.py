"""The same training in PyTorch gives the same curve."""

from __future__ import annotations

import numpy as np
import pytest

from cells.training import SGD, Adam, RMSprop, Trainer
from tests.support.training import INPUTS, OUTPUTS, batch_for, model_of

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.slow]

STEPS = 200
RTOL = 1e-8  # float64: rounding differs from the first step on, and a training at learning spreads it
LENGTHS = np.array([7, 1, 4, 7, 3])
CASES = {
    "rnn, SGD": ("rnn", None, "last", "cross-entropy", SGD(0.05), None, None),
    "gru, Adam, clipped": ("gru", None, "last", "squared-error", Adam(0.003), 0.5, None),
    "lstm, RMSprop, every step": ("lstm", None, "every", "cross-entropy", RMSprop(0.01), 1.0, None),
    "gru, momentum, lengths": ("gru", None, "last", "cross-entropy", SGD(0.02, momentum=0.9), 0.5, LENGTHS),
    "lstm, two directions, lengths": ("lstm", "concat", "every", "squared-error", Adam(0.01), 0.3, LENGTHS),
    "gru, two directions, last, lengths": ("gru", "concat", "last", "cross-entropy", Adam(0.01), 0.3, LENGTHS),
}
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
OPTIMISERS = {
    Adam: lambda p, o: torch.optim.Adam(p, o.learning_rate, (o.beta1, o.beta2), o.epsilon),
    SGD: lambda p, o: torch.optim.SGD(p, o.learning_rate, momentum=o.momentum),
    RMSprop: lambda p, o: torch.optim.RMSprop(p, o.learning_rate, o.alpha, o.epsilon),
}


class Twin:
    """A module of PyTorch with the parameters of a model, and its training."""

    def __init__(self, model, cell, optimiser, clip):
        self.model, self.clip = model, clip
        two = model.layer.bidirectional is not None
        self.layer = MODULES[cell](INPUTS, model.layer.hidden_size, bidirectional=two).double()
        self.readout = torch.nn.Linear(model.parameters["readout_weight"].shape[1], OUTPUTS).double()
        with torch.no_grad():
            for name, value in self.layer.named_parameters():
                value[:] = torch.tensor(np.array(model.parameters[name]))
            for name, value in self.readout.named_parameters():
                value[:] = torch.tensor(np.array(model.parameters["readout_" + name]))
        self.parameters = [*self.layer.parameters(), *self.readout.parameters()]
        self.optimiser = OPTIMISERS[type(optimiser)](self.parameters, optimiser)

    def read(self, x, lengths):
        packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(x), lengths, enforce_sorted=False)
        output, final = self.layer(packed)
        if self.model.reads == "every":
            return self.readout(torch.nn.utils.rnn.pad_packed_sequence(output, total_length=len(x))[0])
        final = final[0] if isinstance(final, tuple) else final
        return self.readout(torch.cat(tuple(final), dim=-1))

    def loss(self, x, targets, lengths, weights):
        lengths = np.full(x.shape[1], len(x)) if lengths is None else lengths
        scores, wanted = self.read(x, lengths), torch.tensor(targets)
        if self.model.loss_name == "cross-entropy":
            shape = targets.shape
            each = torch.nn.functional.cross_entropy(scores.reshape(-1, OUTPUTS), wanted.reshape(-1), reduction="none")
            each = each.reshape(shape)
        else:
            each = ((scores - wanted) ** 2).mean(dim=-1)
        real = np.arange(len(x))[:, None] < lengths if self.model.reads == "every" else True
        share = torch.tensor((np.ones(each.shape) if weights is None else weights) * real)
        return (each * share).sum() / share.sum()

    def step(self, *batch):
        self.optimiser.zero_grad()
        loss = self.loss(*batch)
        loss.backward()
        largest = np.inf if self.clip is None else self.clip
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, largest)
        self.optimiser.step()
        return loss.item(), norm.item()


@pytest.mark.parametrize(("cell", "merge", "reads", "loss", "optimiser", "clip", "lengths"), CASES.values(), ids=CASES)
def test_the_curve_is_that_of_pytorch(cell, merge, reads, loss, optimiser, clip, lengths):
    model = model_of(cell, merge, reads=reads, loss=loss, hidden=9)
    trainer, twin = Trainer(model, optimiser, clip), Twin(model, cell, optimiser, clip)
    ours, theirs = [], []
    for number in range(STEPS):
        x, targets, weights = batch_for(model, steps=7, rows=5, seed=number % 3)
        batch = (x, targets, lengths, weights if number % 2 else None)
        ours.append(trainer.step(*batch))
        theirs.append(twin.step(*batch))
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=RTOL)
    assert np.min(ours, axis=0)[0] < 0.7 * ours[0][0]
    assert clip is None or np.max(ours, axis=0)[1] > clip  # some were clipped
