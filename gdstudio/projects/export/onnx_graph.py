"""A trained model with its preparation as an ONNX graph: from the table's own columns to a prediction.

Source of the operators: ONNX operator schemas, opset 20 and ai.onnx.ml 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from gdstudio.core.errors import StudioError
from gdstudio.data.preparation import NumericColumn, Preparation
from gdstudio.data.transforms import DateColumn, TransformedColumn

#: What onnxruntime of 2024 and later reads.
_OPSET, _ML_OPSET, _IR = 20, 3, 9
#: A text that no table has; what a category does that training never saw is asked with it.
_UNSEEN = "\x00 none of them"
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "ReLU": ("Relu", {}), "Tanh": ("Tanh", {}), "Sigmoid": ("Sigmoid", {}), "GELU": ("Gelu", {}),
    "ELU": ("Elu", {"alpha": 1.0}), "LeakyReLU": ("LeakyRelu", {"alpha": 0.01}),
}  # fmt: skip


class Graph:
    """Nodes, constants and inputs while they are put together."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node; the name of its output."""
        name = f"gdstudio/{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name, domain=domain, **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """An array; its name."""
        name = f"gdstudio/constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def number(self, value: float) -> str:
        """A float64 number; its name."""
        return self.constant(np.array(value, dtype=np.float64))

    def input(self, name: str, kind: int) -> str:
        """A column ``(n, 1)`` that whoever uses the model gives."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, ["rows", 1]))
        return name


def onnx_model(model: nn.Module, preparation: Preparation, binary: bool) -> Any:
    """The whole model.

    Args:
        model: On the CPU, in evaluation mode.
        preparation: Fitted on the training part.
        binary: Whether one output speaks of two classes.

    Raises:
        StudioError: A layer or a column cannot be expressed.
    """
    graph = Graph()
    blocks = [block for column in preparation.columns for block in _column(graph, column)]
    outputs = _layers(graph, model, graph.add("Concat", *blocks, axis=1))
    wide = graph.add("Cast", outputs, to=TensorProto.DOUBLE)
    taken = {given.name for given in graph.inputs}
    prediction, probabilities = (_free(name, taken) for name in ("prediction", "probabilities"))
    if preparation.classes:
        if binary:
            zeros = graph.add("Mul", wide, graph.number(0.0))
            wide = graph.add("Concat", zeros, wide, axis=1)
        graph.nodes.append(helper.make_node("Softmax", [wide], [probabilities], "probabilities", axis=1))
        best = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
        names = graph.constant(np.array(preparation.classes, dtype=object))
        graph.nodes.append(helper.make_node("Gather", [names, best], [prediction], "prediction", axis=0))
        results = [
            helper.make_tensor_value_info(prediction, TensorProto.STRING, ["rows"]),
            helper.make_tensor_value_info(probabilities, TensorProto.DOUBLE, ["rows", len(preparation.classes)]),
        ]
    else:
        scaled = graph.add("Mul", wide, graph.number(preparation.target_scale))
        shifted = graph.add("Add", scaled, graph.number(preparation.target_center))
        axes = graph.constant(np.array([1], dtype=np.int64))
        graph.nodes.append(helper.make_node("Squeeze", [shifted, axes], [prediction], "prediction"))
        results = [helper.make_tensor_value_info(prediction, TensorProto.DOUBLE, ["rows"])]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "gdstudio", graph.inputs, results, graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)],
        ir_version=_IR,
        producer_name="Gradient Descent Studio",
        doc_string=(
            f"Predicts {preparation.target}. Each input is a column (n, 1) of the table as it stands in the file: "
            "numbers as double, NaN where one is missing; categories as text, empty where one is missing."
        ),
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def _free(name: str, taken: set[str]) -> str:
    """The name of an output, with lines under it where a column is called so."""
    while name in taken:
        name += "_"
    return name


# -- preparation ---------------------------------------------------------------------------------------------


def _column(graph: Graph, column: Any) -> list[str]:
    """The float32 blocks of one column."""
    if isinstance(column, NumericColumn):
        values = graph.input(column.name, TensorProto.DOUBLE)
        return [_scaled(graph, _filled(graph, values, column.fill), column.center, column.scale)]
    if isinstance(column, TransformedColumn):
        return _transformed(graph, column)
    if isinstance(column, DateColumn):
        return [
            _scaled(graph, _filled(graph, graph.input(name, TensorProto.DOUBLE), fill), center, scale)
            for name, fill, center, scale in zip(
                column.feature_names, column.fills, column.centers, column.scales, strict=True
            )
        ]
    return [_categories(graph, column)]


def _filled(graph: Graph, values: str, fill: float) -> str:
    return graph.add("Where", graph.add("IsNaN", values), graph.number(fill), values)


def _scaled(graph: Graph, values: str, center: float, scale: float) -> str:
    shifted = graph.add("Sub", values, graph.number(center))
    return graph.add("Cast", graph.add("Div", shifted, graph.number(scale)), to=TensorProto.FLOAT)


def _transformed(graph: Graph, column: TransformedColumn) -> list[str]:
    raw = graph.input(column.name, TensorProto.DOUBLE)
    values = _filled(graph, raw, column.fill)
    if column.low is not None or column.high is not None:
        low, high = (graph.number(b) if b is not None else "" for b in (column.low, column.high))
        values = graph.add("Clip", values, low, high)
    if column.log:
        one = graph.add("Add", graph.add("Abs", values), graph.number(1.0))
        values = graph.add("Mul", graph.add("Sign", values), graph.add("Log", one))
    blocks = [_scaled(graph, values, column.center, column.scale)]
    if column.indicator:
        blocks.append(graph.add("Cast", graph.add("IsNaN", raw), to=TensorProto.FLOAT))
    return blocks


def _categories(graph: Graph, column: Any) -> str:
    """Each known text, any other one, and a missing one are a row of a table that the preparation itself fills."""
    known = list(getattr(column, "known", column.categories))
    series = pd.Series([*known, _UNSEEN, None], dtype=object)
    table = np.asarray(column.encode(series), dtype=np.float32)
    keys, places = list(known), list(range(len(known)))
    if "" not in known:
        keys.append("")
        places.append(len(known) + 1)
    codes = graph.add(
        "LabelEncoder", graph.input(column.name, TensorProto.STRING), domain="ai.onnx.ml",
        keys_strings=keys, values_int64s=places, default_int64=len(known),
    )  # fmt: skip
    flat = graph.add("Squeeze", codes, graph.constant(np.array([1], dtype=np.int64)))
    return graph.add("Gather", graph.constant(table), flat, axis=0)


# -- layers --------------------------------------------------------------------------------------------------


def _layers(graph: Graph, model: nn.Module, values: str) -> str:
    for layer in model.children():
        kind = type(layer).__name__
        if isinstance(layer, nn.Linear):
            values = graph.add("Gemm", values, _array(graph, layer.weight), _array(graph, layer.bias), transB=1)
        elif isinstance(layer, nn.BatchNorm1d):
            states = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
            values = graph.add(
                "BatchNormalization", values, *(_array(graph, state) for state in states), epsilon=layer.eps
            )
        elif isinstance(layer, nn.LayerNorm):
            values = graph.add(
                "LayerNormalization", values, _array(graph, layer.weight), _array(graph, layer.bias), epsilon=layer.eps
            )
        elif kind in _ACTIVATIONS:
            operator, attributes = _ACTIVATIONS[kind]
            values = graph.add(operator, values, **attributes)
        elif kind == "SiLU":
            values = graph.add("Mul", values, graph.add("Sigmoid", values))
        elif kind not in ("Identity", "SeededDropout", "Dropout"):
            raise StudioError(f"A layer of the kind {kind} cannot be written to ONNX yet.", "Choose another model.")
    return values


def _array(graph: Graph, tensor: Any) -> str:
    return graph.constant(tensor.detach().numpy())
