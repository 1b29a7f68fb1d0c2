"""Modules of our own that architectures are made of; unlike the entries beside them they import torch."""
