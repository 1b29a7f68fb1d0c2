"""Exports of an experiment: a Python script that proves itself, a report, an ONNX model."""
