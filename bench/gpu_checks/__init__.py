"""Checks of a GPU that is at hand for minutes: bounded in time, isolated from each other, in the order of their value.

`python -m bench.gpu_checks` never touches CUDA itself. It hands one check at a time to a worker process; a worker that
hangs, dies or meets an error of the driver is killed, the check becomes a line that says how, and a new worker takes
the next one.

    stages    which checks there are, in which order        cases      shapes of the timed ones
    runner    who hands them out, and when they have to end worker     who does them, one process
    actions   what a check does                             probes     lines of our kernels that only a GPU can settle
    passes    a layer's pass with numbers and the truth     summary    the table at the end
    facts     what the machine is and has                   wheels     what has to travel there
    cubins    machine code that travels there
"""
