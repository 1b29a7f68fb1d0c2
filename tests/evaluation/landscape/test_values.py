"""Every point of every plane has the value that the perturbed model itself has."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.evaluation.landscape.evaluator import Evaluator
from gdstudio.evaluation.landscape.layers import stack_layers
from gdstudio.evaluation.landscape.planes import line_between, points_plane, random_plane, trajectory_plane
from gdstudio.evaluation.landscape.problem import Problem
from gdstudio.evaluation.landscape.progressive import pictures, strides
from gdstudio.evaluation.landscape.vectors import vector_from, vector_of
from gdstudio.models.activations import ACTIVATIONS
from gdstudio.models.mlp import ENTRY, MlpSettings

CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}


def net(inputs=6, outputs=3, **settings):
    torch.manual_seed(0)
    model = ENTRY.build(MlpSettings(**{"hidden": (16, 8), "dropout": 0.3, **settings}), inputs, outputs, 0)
    model.train()
    for _ in range(5):  # buffers and masks of a model that was trained
        model(3 * torch.randn(32, inputs) + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def criterion_of(kind):
    entry = registry("losses")[kind]
    return entry.build(entry.settings(kind=kind))


def problem_of(model, kind="cross_entropy", rows=200, **options):
    generator = torch.Generator().manual_seed(3)
    entry = registry("losses")[kind]
    features = torch.randn(rows, 6, generator=generator)
    target = (
        torch.randn(rows, generator=generator)
        if "regression" in entry.tasks
        else torch.randint(0, max(2, model[-1].out_features), (rows,), generator=generator)
    )
    return Problem(model, criterion_of(kind), features, target, **options)


def planes(model):
    generator = torch.Generator().manual_seed(1)
    center = vector_of(model)
    steps = [0.3 * torch.randn(len(center), generator=generator) for _ in range(6)]
    path = [center + s for s in steps] + [center]
    return {
        "random": random_plane(model, center, 4),
        "trajectory": trajectory_plane(path),
        "points": points_plane(path[:3]),
        "line": line_between(path[:2]),
    }


def by_hand(problem, plane, points):
    """Independent of the package: the state dict is written anew for each point."""
    found = []
    for x, y in points:
        model = copy.deepcopy(problem.model).eval()
        moved, start = plane.origin + float(x) * plane.first + float(y) * plane.second, 0
        state = model.state_dict()
        for name, parameter in model.named_parameters():
            state[name] = moved[start : start + parameter.numel()].reshape(parameter.shape)
            start += parameter.numel()
        model.load_state_dict(state)
        with torch.no_grad():
            outputs = model(problem.features)
            if problem.measure == "accuracy":
                predicted = (outputs[:, 0] > 0).long() if outputs.shape[1] == 1 else outputs.argmax(1)
                found.append(float((predicted == problem.target).float().mean()))
                continue
            value = float(problem.criterion(outputs, problem.target))
            weights = torch.cat([p.reshape(-1).double() for p in model.parameters() if p.ndim > 1])
            found.append(value + problem.l1 * float(weights.abs().sum()) + problem.l2 * float((weights**2).sum()))
    return np.array(found)


def hundred(plane):
    random = np.random.default_rng(0)
    x, y = random.uniform(*plane.x_range, 100), random.uniform(*plane.y_range, 100)
    return np.column_stack([x, y])


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("kind", ["random", "trajectory", "points", "line"])
def test_a_hundred_points_equal_the_perturbed_model(kind, normalization):
    model = net(normalization=normalization)
    problem, plane = problem_of(model, l1=1e-3, l2=1e-2), planes(model)[kind]
    evaluator = Evaluator(problem, plane)
    assert evaluator.fast
    points = hundred(plane)
    truth = by_hand(problem, plane, points)
    np.testing.assert_allclose(evaluator.values(points), truth, rtol=1e-5)
    np.testing.assert_allclose(Evaluator(problem, plane, plain=True).values(points), truth, rtol=1e-5)
    assert np.ptp(truth) > 1e-3


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("kind", ["random", "trajectory", "points", "line"])
def test_accuracy_on_every_plane(kind, outputs):
    model = net(outputs=outputs, normalization="batch")
    problem = problem_of(model, "binary_cross_entropy" if outputs == 1 else "cross_entropy", measure="accuracy", l2=1.0)
    plane = planes(model)[kind]
    points = hundred(plane)
    truth = by_hand(problem, plane, points)
    for plain in (False, True):
        found = Evaluator(problem, plane, plain=plain).values(points)
        # A row on the border between two classes may fall to the other side by a rounding.
        assert np.mean(np.abs(found - truth) > 1e-6) <= 0.02
        np.testing.assert_allclose(found, truth, atol=1.01 / len(problem.features))
    assert np.ptp(truth) > 0.05


@pytest.mark.parametrize("kind", list(registry("losses")))
@pytest.mark.parametrize("outputs", [1, 3])
def test_every_loss(kind, outputs):
    tasks = registry("losses")[kind].tasks
    widths = {registry("losses")[kind].outputs(task, CLASSES[task]) for task in tasks}
    if outputs not in widths:
        pytest.skip("the loss has no such output")
    model = net(outputs=outputs)
    problem, plane = problem_of(model, kind), planes(model)["random"]
    points = hundred(plane)[:20]
    truth = by_hand(problem, plane, points)
    np.testing.assert_allclose(Evaluator(problem, plane).values(points), truth, rtol=1e-5, atol=1e-9)
    entry = registry("losses")[kind]
    if entry.each is not None:  # the loss of every row, for all models at once
        by_rows = replace(problem, each=entry.each(entry.settings(kind=kind)))
        np.testing.assert_allclose(Evaluator(by_rows, plane).values(points), truth, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("one_by_one", [0, 10**9])
@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_a_grid_row_by_row_has_the_values_of_its_points(monkeypatch, normalization, one_by_one):
    """Whether the first layer is mixed point by point or for all at once, rectified at once or later."""
    model = net(normalization=normalization)
    problem, plane = problem_of(model), planes(model)["points"]
    monkeypatch.setattr(
        "gdstudio.evaluation.landscape.layers._GROUP_BYTES", 4 * 24 * 224 * 4
    )  # 200 rows and 24 empty ones
    monkeypatch.setattr("gdstudio.evaluation.landscape.layers._OUTPUT_BYTES", 1)
    monkeypatch.setattr("gdstudio.evaluation.landscape.layers._ONE_BY_ONE", one_by_one)
    evaluator = Evaluator(problem, plane)
    assert evaluator.portion == 4  # fewer than a row of the grid has
    picture = list(pictures(evaluator, 21))[-1]
    x, y = np.meshgrid(picture.x, picture.y)
    points = np.column_stack([x.ravel(), y.ravel()])
    np.testing.assert_allclose(picture.values.ravel(), by_hand(problem, plane, points), rtol=1e-5)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation_in_the_fast_way(activation):
    model = net(activation=activation, normalization="batch")
    problem, plane = problem_of(model), planes(model)["random"]
    evaluator, points = Evaluator(problem, plane), hundred(plane)[:20]
    assert evaluator.fast
    np.testing.assert_allclose(evaluator.values(points), by_hand(problem, plane, points), rtol=1e-5)


@pytest.mark.parametrize(("group", "points_together"), [(1, 1), (3 * 4 * 24 * 512, 3)])
def test_blocks_of_rows_of_few_points(monkeypatch, group, points_together):
    model = net(normalization="batch")
    problem, plane = problem_of(model, rows=2_000), planes(model)["random"]
    points = hundred(plane)[:12]
    truth = by_hand(problem, plane, points)
    monkeypatch.setattr("gdstudio.evaluation.landscape.layers._GROUP_BYTES", group)
    monkeypatch.setattr("gdstudio.evaluation.landscape.layers._OUTPUT_BYTES", 1)
    monkeypatch.setattr("gdstudio.evaluation.landscape.layers._BLOCK_BYTES", 1)
    evaluator = Evaluator(problem, plane)
    assert evaluator.portion == points_together
    np.testing.assert_allclose(evaluator.values(points), truth, rtol=1e-5)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [nn.Linear(6, 3)],
        lambda: [nn.Linear(6, 3), nn.ReLU()],
        lambda: [nn.Linear(6, 8, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False)],
        lambda: [nn.Linear(6, 8), nn.Linear(8, 8, bias=False), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)],
        lambda: [nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3), nn.ReLU()],
        lambda: [nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3), nn.LeakyReLU(), nn.ReLU()],
    ],
)
@pytest.mark.parametrize("block", [1, 10**9])
def test_layers_in_any_order_with_and_without_bias(monkeypatch, layers, block):
    monkeypatch.setattr("gdstudio.evaluation.landscape.layers._BLOCK_BYTES", block)
    torch.manual_seed(0)
    model = nn.Sequential(*layers()).eval()
    problem, plane = problem_of(net(), rows=1_200), planes(model)["points"]
    problem = replace(problem, model=model)
    evaluator, points = Evaluator(problem, plane), hundred(plane)
    assert evaluator.fast
    np.testing.assert_allclose(evaluator.values(points), by_hand(problem, plane, points), rtol=1e-5)


def test_accuracy_and_a_linear_model():
    model = net(hidden=(), outputs=1, dropout=0.0)
    problem, plane = problem_of(model, "binary_cross_entropy", measure="accuracy"), planes(model)["random"]
    points = hundred(plane)
    np.testing.assert_allclose(Evaluator(problem, plane).values(points), by_hand(problem, plane, points), atol=1e-6)


class Odd(nn.Module):
    def forward(self, values):
        return values + values.flip(1)


@pytest.mark.parametrize(
    "odd", [nn.Sequential(nn.Linear(6, 4), Odd(), nn.Linear(4, 3)), nn.Sequential(nn.Linear(6, 3), nn.PReLU())]
)
def test_a_layer_that_is_not_known_is_evaluated_plainly(odd):
    problem, plane = problem_of(net()), None
    problem = Problem(odd.eval(), problem.criterion, problem.features, problem.target)
    plane = random_plane(odd, vector_of(odd), 0)
    evaluator, points = Evaluator(problem, plane), hundred(plane)[:10]
    assert not evaluator.fast
    np.testing.assert_allclose(evaluator.values(points), by_hand(problem, plane, points), rtol=1e-5)


def test_nothing_of_the_model_changes():
    model = net(normalization="batch")
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    problem = problem_of(model)
    for plane in planes(model).values():
        list(pictures(Evaluator(problem, plane), 5))
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert not model.training
    assert all(p.requires_grad and p.grad is None for p in model.parameters())


@pytest.mark.parametrize("plain", [False, True])
def test_a_model_that_goes_on_training_changes_no_picture(plain):
    model = net(normalization="batch")
    problem, plane = problem_of(model), planes(model)["random"]
    points = hundred(plane)[:10]
    truth = by_hand(problem, plane, points)
    model.train()
    evaluator = Evaluator(problem, plane, plain=plain)
    model(5 * torch.randn(32, 6))  # moves BatchNorm's buffers
    np.testing.assert_allclose(evaluator.values(points), truth, rtol=1e-5)
    assert model.training


def test_the_pictures_get_finer_and_share_their_numbers():
    model = net()
    evaluator = Evaluator(problem_of(model), planes(model)["random"])
    made = list(pictures(evaluator, 49))
    assert [p.values.shape for p in made] == [(13, 13), (25, 25), (49, 49)]
    assert [p.last for p in made] == [False, False, True]
    np.testing.assert_array_equal(made[1].values[::2, ::2], made[0].values)
    np.testing.assert_array_equal(made[2].values[::4, ::4], made[0].values)
    x, y = evaluator.plane.axes(49)
    middle = evaluator.values(np.array([[x[7], y[30]]]))
    np.testing.assert_allclose(made[2].values[30, 7], middle[0], rtol=1e-5)
    assert strides(51) == (2, 1)
    assert strides(4) == (1,)


def test_a_cancel_is_heard_between_portions():
    model = net()
    evaluator = Evaluator(problem_of(model), planes(model)["random"], plain=True)
    shares = []
    made = list(pictures(evaluator, 25, cancelled=lambda: len(shares) >= 5, progress=shares.append))
    assert made == []
    assert len(shares) == 5


@pytest.mark.parametrize("grid", [0, 1, 10_000, -3])
def test_a_grid_that_cannot_be_drawn_is_refused(grid):
    model = net()
    with pytest.raises(StudioError, match="grid"):
        next(pictures(Evaluator(problem_of(model), planes(model)["random"]), grid))


def test_a_sub_sample_says_how_far_off_it_may_be():
    model = net()
    whole = problem_of(model, rows=20_000)
    plane = planes(model)["random"]
    truth = whole.value(plane.origin)
    off = []
    for seed in range(20):
        part = whole.sampled(1_000, seed)
        assert len(part.features) == 1_000
        error = part.standard_error(plane.origin)
        off.append((part.value(plane.origin) - truth) / error)
    # Deviations in standard errors have a root mean square near 1.
    assert 0.6 < np.sqrt(np.mean(np.square(off))) < 1.6
    assert whole.sampled(20_000).standard_error(plane.origin) is None


def test_filters_of_random_directions_are_as_long_as_the_models_own():
    model = net(normalization="batch")
    plane = random_plane(model, vector_of(model), 7)
    start = 0
    for parameter in model.parameters():
        piece = plane.first[start : start + parameter.numel()].view(parameter.shape)
        start += parameter.numel()
        if parameter.ndim < 2:
            assert not piece.any()
        else:
            torch.testing.assert_close(piece.norm(dim=1), parameter.detach().norm(dim=1))
    again = random_plane(model, vector_of(model), 7)
    assert torch.equal(plane.second, again.second)
    assert not torch.equal(plane.first, plane.second)


def test_the_trajectorys_plane_is_that_of_principal_components():
    from sklearn.decomposition import PCA

    generator = torch.Generator().manual_seed(2)
    path = [torch.randn(40, generator=generator) * torch.linspace(3, 0.1, 40) for _ in range(10)]
    plane = trajectory_plane(path)
    offsets = np.stack([(v - path[-1]).numpy() for v in path]).astype(np.float64)
    # Uncentred, since the components are of the differences to the last point.
    _, singular, right = np.linalg.svd(offsets, full_matrices=False)
    np.testing.assert_allclose(np.abs(right[0] @ plane.first.numpy()), 1, atol=1e-5)
    np.testing.assert_allclose(np.abs(right[1] @ plane.second.numpy()), 1, atol=1e-5)
    np.testing.assert_allclose(plane.explained, (singular**2 / (singular**2).sum())[:2], rtol=1e-5)
    mirrored = PCA(2, svd_solver="full").fit(np.concatenate([offsets, -offsets]))
    np.testing.assert_allclose(plane.explained, mirrored.explained_variance_ratio_, rtol=1e-5)
    found, distances = plane.project(path)
    np.testing.assert_allclose((found**2).sum(1) + distances**2, (offsets**2).sum(1), rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(found[-1], 0, atol=1e-6)


def test_the_plane_through_three_points_holds_them():
    model = net()
    generator = torch.Generator().manual_seed(1)
    path = [torch.randn(len(vector_of(model)), generator=generator) for _ in range(3)]
    plane = points_plane(path)
    found, distances = plane.project(path)
    np.testing.assert_allclose(distances, 0, atol=1e-4)
    for (x, y), vector in zip(found, path, strict=True):
        torch.testing.assert_close(plane.at(float(x), float(y)), vector, atol=1e-5, rtol=1e-4)
    with pytest.raises(StudioError, match="one line"):
        points_plane([path[0], path[1], 2 * path[1] - path[0]])
    with pytest.raises(StudioError, match="different models"):
        points_plane([path[0], path[1], path[2][:-1]])


def test_too_short_a_path_and_broken_weights_are_refused():
    model = net()
    center = vector_of(model)
    with pytest.raises(StudioError, match="too few"):
        trajectory_plane([center, center, center])
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    with pytest.raises(StudioError, match="not finite"):
        vector_of(model)
    with pytest.raises(StudioError, match="shape"):
        vector_from({"hidden_1.weight": np.zeros((2, 2))}, model)


@pytest.mark.parametrize("rows", [1, 37, 200, 1_000])
@pytest.mark.parametrize("hidden", [(16,), (16, 8), (64, 64)])
def test_a_value_that_is_not_a_number_in_one_row_alone_is_not_lost(rows, hidden):
    problem = problem_of(net(hidden=hidden, dropout=0.0), rows=rows)
    problem.features[-1] = torch.inf  # infinite products of either sign add to no number
    plane = random_plane(problem.model, vector_of(problem.model), 0)
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (40, 2))
    assert np.isnan(by_hand(problem, plane, points)).all()
    assert np.isnan(Evaluator(problem, plane).values(points)).all()


def test_what_is_not_a_number_is_not_lost_where_threads_meet():
    model = nn.Sequential(nn.Linear(2, 1), nn.ReLU(), nn.Linear(1, 1)).eval()
    plane = random_plane(model, vector_of(model), 0)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        outputs = stack_layers(model, plane, torch.full((100_000, 2), torch.nan)).outputs(
            torch.tensor([[1.0, 0.1, 0.2]])
        )
    finally:
        torch.set_num_threads(before)
    assert outputs.isnan().all()
