"""Checks of a GPU that is at hand for minutes: bounded in time, isolated from each other, in the order of their value.

`python -m bench.gpu_checks` never touches CUDA itself. It hands one check at a time to a worker process; a worker that
hangs, dies or meets an error of the driver is killed, the check becomes a line that says how, and a new worker takes
the next one.

    stages    which checks there are, in which order        cases      shapes of the timed ones
    run       a whole run, stage after stage                lines      what it says, on standard output and in a file
    runner    hands checks out, and bounds them in time     process    the worker, as the runner sees it
    strikes   kinds of checks that hang again and again     interrupts signals that end a run early
    worker    does the checks, one process                  parent     programs that end with who started them
    actions   what a check does                             probes     lines of our kernels that only a GPU can settle
    timing    the timed checks                              outside    the checks that other programs make
    passes    a layer's pass with numbers and the truth     context    whether the CUDA context still works
    rows      rows on their way into a store                summary    the table at the end
    facts     what the machine is and has                   wheels     what has to travel there
    cubins    machine code that travels there               probe_kernels   what probes launch
"""
