"""Tests: the folders mirror those of the package; `oracle`, `problem` and `torch_reference` are shared by them."""
