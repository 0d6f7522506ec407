"""The presets: quick for a first look, course for the committed reference, full for a long night."""

from bench.study import Preset


def the_lstm() -> tuple[str, ...]:
    """Return the lecture's cell alone."""
    return ("lstm",)


def gated_main_cells() -> tuple[str, ...]:
    """Return the cells with a gate that keeps the state, without variants of others."""
    from bench.studies.flow_cases import gated_cells  # imports numba, which a command line without work need not

    return gated_cells()


def every_cell() -> tuple[str, ...]:
    """Return all cells of the registry."""
    from cells import cell_names

    return cell_names()


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
    gains=(0.5, 1.0, 2.0, 4.0),
    few_seeds=3,
    spectrum_hidden_sizes=(32,),
    compile_cells=the_lstm,
    grid_blocks=0,
    gpu_blocks=3,
    kernel_cells=the_lstm,
    kernel_sizes=(128, 512),
)
COURSE = Preset(
    name="course",
    sequence_lengths=(10, 20, 50, 100, 200, 500),
    hidden_sizes=(16, 32, 64, 128, 256),
    batch_sizes=(1, 4, 16, 64),
    base=(100, 64, 16, 32),
    blocks=8,
    rounds=5,
    gradient_steps=200,
    gradient_hidden_sizes=(16, 32, 64, 128, 256),
    gradient_lengths=(10, 20, 50, 100, 500, 1000),
    input_sizes=(1, 32),
    seeds=20,
    gains=(0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 32.0),
    few_seeds=4,
    spectrum_hidden_sizes=(64, 256),
    compile_cells=every_cell,
    grid_blocks=3,
    gpu_blocks=2,
    kernel_cells=gated_main_cells,
    kernel_sizes=(128, 512),
)
FULL = Preset(
    name="full",
    sequence_lengths=(10, 20, 50, 100, 200, 500, 1000, 2000),
    hidden_sizes=(16, 32, 64, 128, 256, 512),
    batch_sizes=(1, 4, 16, 64, 128),
    base=(100, 64, 16, 32),
    blocks=19,
    rounds=7,
    gradient_steps=500,
    gradient_hidden_sizes=(16, 32, 64, 128, 256),
    gradient_lengths=(10, 20, 50, 100, 200, 1000, 2000),
    input_sizes=(1, 32),
    seeds=50,
    gains=(0.25, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0, 32.0),
    few_seeds=10,
    spectrum_hidden_sizes=(32, 64, 128, 256),
    compile_cells=every_cell,
    grid_blocks=5,
    gpu_blocks=5,
    kernel_cells=every_cell,
    kernel_sizes=(32, 128, 512, 1024),
)
ALL = {preset.name: preset for preset in (QUICK, COURSE, FULL)}
