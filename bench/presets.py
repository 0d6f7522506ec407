"""The presets: quick for a first look, course for the committed reference, full for a long night."""

from bench.study import Preset

QUICK = Preset(
    name="quick",
    sequence_lengths=(20, 50, 100),
    hidden_sizes=(16, 32, 64),
    batch_sizes=(1, 16),
    base=(50, 32, 16, 32),
    blocks=5,
    rounds=5,
    gradient_steps=100,
    gradient_hidden_sizes=(16, 32, 64),
    gradient_lengths=(20, 50, 200),
    input_sizes=(1,),
    seeds=5,
    compile_cells=("lstm",),
    grid_blocks=0,
)
COURSE = Preset(
    name="course",
    sequence_lengths=(10, 20, 50, 100, 200, 500),
    hidden_sizes=(16, 32, 64, 128, 256),
    batch_sizes=(1, 4, 16, 64),
    base=(100, 64, 16, 32),
    blocks=12,
    rounds=5,
    gradient_steps=200,
    gradient_hidden_sizes=(16, 32, 64, 128, 256),
    gradient_lengths=(10, 20, 50, 100, 500, 1000),
    input_sizes=(1, 32),
    seeds=20,
    compile_cells=("rnn", "lstm", "gru", "gru-reset-before"),
    grid_blocks=3,
)
FULL = Preset(
    name="full",
    sequence_lengths=(10, 20, 50, 100, 200, 500, 1000, 2000),
    hidden_sizes=(16, 32, 64, 128, 256, 512),
    batch_sizes=(1, 4, 16, 64, 128),
    base=(100, 64, 16, 32),
    blocks=21,
    rounds=7,
    gradient_steps=500,
    gradient_hidden_sizes=(16, 32, 64, 128, 256),
    gradient_lengths=(10, 20, 50, 100, 200, 1000, 2000),
    input_sizes=(1, 32),
    seeds=50,
    compile_cells=("rnn", "lstm", "gru", "gru-reset-before"),
    grid_blocks=11,
)
ALL = {preset.name: preset for preset in (QUICK, COURSE, FULL)}
