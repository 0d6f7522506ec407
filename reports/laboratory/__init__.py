"""The live laboratory of the page: what its scripts are given, and what stands in its place without them."""
