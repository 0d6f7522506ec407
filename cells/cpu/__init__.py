"""CPU kernels: the register tile, packed products, the time loop in both directions, threads.

On the host, from a call inwards: `engine` (what `cells.layer` calls), `run` (a pass of one direction), `plan` (how it
is cut), `weights` (packed and kept), `layout` and `arguments` (where numbers stand, what kernels take), `memory`, and
`threads.pool`. What numba compiles is in `kernels`, from `vector` up to `sequence`. The decorators `kernel`, `inner`
and `helper` stand in `cells.kernel_cache`: compiled and kept on disk, compiled into its callers, and one that the host
calls as plain Python too.
"""
