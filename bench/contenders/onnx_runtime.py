"""ONNX Runtime as a peer: the RNN, LSTM and GRU operators, and Conv, on the CPU; inference only.

ONNX orders the gates differently (LSTM i, o, f, c; GRU z, r, h) and takes weights with a leading direction axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bench.case import Case
from bench.contenders.convolution import CONVOLUTION, for_other_libraries

OPERATORS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "gru-reset-before": "GRU"}
GATE_ORDER = {"rnn": (0,), "lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "gru-reset-before": (1, 0, 2)}
OPSET = 22
IR_VERSION = 10


class Prepared:
    """A session over a model of one operator."""

    def __init__(
        self, case: Case, parameters: Mapping[str, NDArray[Any]], x: NDArray[Any], d_output: NDArray[Any] | None
    ) -> None:
        if d_output is not None:
            raise ValueError("ONNX Runtime's recurrent operators have no backward pass; allowed: inference")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = case.threads
        options.inter_op_num_threads = 1
        self._is_convolution = case.cell == CONVOLUTION
        if self._is_convolution:
            weight, x = for_other_libraries(parameters, x)
            model = _convolution(case, weight, parameters["bias"], x)
        else:
            model = _model(case, parameters)
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {"x": x}

    def call(self) -> NDArray[Any]:
        """Return the output (T, B, H), of a convolution (B, H, T)."""
        y: NDArray[Any] = self._session.run(["y"], self._inputs)[0]
        return y if self._is_convolution else y[:, 0]

    def results(self) -> dict[str, NDArray[Any]]:
        """Return the output (T, B, H) alone."""
        return {"output": self.call().transpose(2, 0, 1) if self._is_convolution else self.call()}


def _model(case: Case, parameters: Mapping[str, NDArray[Any]]) -> Any:
    order = GATE_ORDER[case.cell]

    def reordered(name: str) -> NDArray[Any]:
        array = np.asarray(parameters[name])
        blocks = array.reshape(len(order), case.hidden_size, *array.shape[1:])
        return blocks[list(order)].reshape(array.shape)

    weights = {
        "w": reordered("weight_ih_l0")[None],
        "r": reordered("weight_hh_l0")[None],
        "b": np.concatenate((reordered("bias_ih_l0"), reordered("bias_hh_l0")))[None],
    }
    attributes = {"hidden_size": case.hidden_size, "direction": "forward"}
    if OPERATORS[case.cell] == "GRU":
        attributes["linear_before_reset"] = int(case.cell == "gru")
    node = helper.make_node(OPERATORS[case.cell], ["x", "w", "r", "b"], ["y"], **attributes)
    x = [case.seq_len, case.batch_size, case.input_size]
    return _one_node(case, node, weights, x, [case.seq_len, 1, case.batch_size, case.hidden_size])


def _convolution(case: Case, weight: NDArray[Any], bias: NDArray[Any], x: NDArray[Any]) -> Any:
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"])
    return _one_node(case, node, {"w": weight, "b": bias}, x.shape, [case.batch_size, case.hidden_size, case.seq_len])


def _one_node(case: Case, node: Any, weights: Mapping[str, NDArray[Any]], x: Any, y: Any) -> Any:
    element = TensorProto.FLOAT if case.dtype == "float32" else TensorProto.DOUBLE
    inputs = [helper.make_tensor_value_info("x", element, list(x))]
    outputs = [helper.make_tensor_value_info("y", element, list(y))]
    initialisers = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph([node], "cell", inputs, outputs, initialisers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
