"""What a laboratory found as plain values, for a project's ``labs.json``, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec

if TYPE_CHECKING:
    from gdstudio.labs.entry import LabResult
    from gdstudio.labs.picture import Picture
    from gdstudio.labs.scene import Scene


def lab_to_plain(result: LabResult) -> dict[str, Any]:
    """Everything of a result, its pictures too; arrays are left to :func:`gdstudio.projects.plain.to_bytes`."""
    return {
        **result.document(),
        "spec": result.spec.model_dump(mode="json"),
        "curves": [list(row) for row in result.curves],
        "picture": None if result.picture is None else asdict(result.picture),
        "more": [asdict(picture) for picture in result.more],
        "scene": None if result.scene is None else asdict(result.scene),
    }


def lab_from_plain(value: Mapping[str, Any]) -> LabResult:
    """What :func:`lab_to_plain` was given.

    Raises:
        StudioError: It is damaged, or of a laboratory or with settings that this program does not know.
    """
    from gdstudio.labs.entry import LabResult

    try:
        entry = registry("labs")[str(value["lab"])]
        return LabResult(
            lab=entry.key,
            settings=registry("labs").parse(value["settings"]),
            spec=ExperimentSpec.parse(value["spec"]),
            summary=[dict(row) for row in value["summary"]],
            runs=[dict(row) for row in value["runs"]],
            curves=[(int(run), int(epoch), float(loss)) for run, epoch, loss in value["curves"]],
            findings=dict(value["findings"]),
            sentences=[str(sentence) for sentence in value["sentences"]],
            picture=None if value["picture"] is None else _picture(value["picture"]),
            more=[_picture(picture) for picture in value["more"]],
            scene=None if value.get("scene") is None else _scene(value["scene"]),
        )
    except StudioError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudioError(
            f"A laboratory's result in the project is damaged: {str(error)[:80]}.", "Run the laboratory again."
        ) from None


def _picture(value: Mapping[str, Any]) -> Picture:
    import numpy as np

    from gdstudio.labs.picture import Picture, PictureSeries, Regions

    regions = value["regions"]
    if regions is not None:
        arrays = {name: np.asarray(regions[name]) for name in ("x", "y", "numbers")}
        shades = None if regions["shades"] is None else np.asarray(regions["shades"])
        regions = Regions(**arrays, names=list(regions["names"]), shades=shades)
    return Picture(
        **{
            **value,
            "series": [PictureSeries(**series) for series in value["series"]],
            "marks": [(float(x), str(label)) for x, label in value["marks"]],
            "regions": regions,
        }
    )


def _scene(value: Mapping[str, Any]) -> Scene:
    import numpy as np

    from gdstudio.labs.scene import FeaturePlane, Racer, Scene

    def numbers(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
        return {name: np.asarray(part[name], dtype=float) for name in names}

    racers = [
        Racer(
            name=str(racer["name"]),
            steps=np.asarray(racer["steps"], dtype=np.int64),
            **numbers(racer, "losses", "points", "distances"),
            fields=None if racer["fields"] is None else np.asarray(racer["fields"], dtype=np.float32),
        )
        for racer in value["racers"]
    ]
    features = value["features"]
    if features is not None:
        first, second = features["names"]
        features = FeaturePlane(
            names=(first, second),
            **numbers(features, "x", "y", "points"),
            target=np.asarray(features["target"]),
            classes=tuple(features["classes"]),
        )
    x_label, y_label = value["labels"]
    return Scene(
        racers,
        **numbers(value, "x", "y", "values"),
        labels=(x_label, y_label),
        measure=str(value["measure"]),
        note=str(value["note"]),
        features=features,
    )
