"""The largest error that a contender may have before it is timed, relative to the largest value of its kind."""

# float32 and float64: sums of thousands of terms; see tests/cells. bfloat16 has 8 bits, so each operand of a product is
# off by up to 2^-9 of itself: emulated with float64 sums, the worst of an RNN's outputs was off by .0084 (H = 512,
# T = B = 64), an LSTM's by .0051; 10^8 numbers have a worse worst. float16 has 11 bits but holds states and gradients
# too. A wrong formula is off by .1 and more.
TOLERANCE = {"float32": 5e-5, "float64": 1e-10, "bfloat16": 3e-2, "float16": 3e-2}
