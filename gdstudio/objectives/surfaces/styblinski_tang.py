"""Styblinski–Tang: an entry of the gallery of functions."""

from __future__ import annotations

from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial, surface_settings

ENTRY = SurfaceEntry(
    key="styblinski_tang",
    label="Styblinski–Tang",
    settings=surface_settings("styblinski_tang"),
    expression="((x**4 - 16*x**2 + 5*x) + (y**4 - 16*y**2 + 5*y))/2",
    ranges=((-5.0, 5.0), (-5.0, 5.0)),
    start=(0.5, -1.0),
    minima=(Minimum((-2.903534027771177, -2.903534027771177), -78.3323314075429),),
    trial=Trial("sgd", 0.01, 500, lowest=False),
    help=(
        "Four valleys of different depth, one for each pair of signs. Only starts at the lower left find the "
        "deepest: a local minimum need not be a good one."
    ),
    source="Styblinski and Tang (1990), Experiments in Nonconvex Optimization",
    order=80,
)
