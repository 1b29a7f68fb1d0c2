"""What must hold for every entry of every registry; a new entry is picked up by itself."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys

import latex2mathml.converter
import pytest
import ziamath

from gdstudio.core.fields import describe
from gdstudio.core.registry import FAMILIES, registry
from gdstudio.core.spec import ExperimentSpec, parse_assignment

ENTRIES = [(family, key) for family in FAMILIES for key in registry(family)]
WITH_FORMULA = ("losses", "optimizers", "scores", "schedules", "initializers")

#: Family → where its choice stands in a spec.
SECTIONS = {
    "models": "model",
    "losses": "loss",
    "optimizers": "optimizer",
    "schedules": "schedule",
    "initializers": "initializer",
    "samples": "data.source",
}

each_entry = pytest.mark.parametrize(("family", "key"), ENTRIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_module_of_a_family_is_an_entry(family):
    package = importlib.import_module(FAMILIES[family])
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    keys = {module.ENTRY.key for module in modules if hasattr(module, "ENTRY")}
    assert keys == set(registry(family))
    assert keys, f"{family} has no entry"


@each_entry
def test_key_module_and_kind_are_one_name(family, key):
    entry = registry(family)[key]
    assert entry.key == key == entry.settings().kind
    assert importlib.import_module(f"{FAMILIES[family]}.{key}").ENTRY is entry


@each_entry
def test_default_settings_survive_json(family, key):
    settings = registry(family)[key].settings()
    again = registry(family).settings(json.loads(settings.model_dump_json()))
    assert again == settings
    assert type(again) is type(settings)


@each_entry
def test_everything_is_named_and_explained(family, key):
    entry = registry(family)[key]
    assert entry.label.strip()
    assert len(entry.help) > 40
    assert entry.help.rstrip().endswith((".", "?", "!"))
    assert entry.settings.__doc__
    fields = {name: info for name, info in entry.settings.model_fields.items() if name != "kind"}
    for name, info in fields.items():
        assert info.title, f"{name} has no label"
        assert info.description, f"{name} has no help"
        assert info.description.endswith((".", "?", "!")), name


@each_entry
def test_every_field_is_described_for_a_form(family, key):
    entry = registry(family)[key]
    settings = entry.settings()
    for field in describe(entry.settings):
        if family != "readers":  # which are edited in the dialog that opens a file
            assert field.kind != "other" or field.hidden, f"{field.name} has no editor"
        assert field.default == getattr(settings, field.name)
        if field.kind == "choice":
            assert set(field.labels) == set(field.choices), f"{field.name}: a choice without a label"
        if field.visible_when:
            assert field.visible_when[0] in entry.settings.model_fields


@pytest.mark.parametrize(("family", "key"), [e for e in ENTRIES if e[0] in WITH_FORMULA])
def test_formulas_are_there_and_can_be_typeset(family, key):
    entry = registry(family)[key]
    assert entry.formula
    assert entry.source
    for formula in (entry.formula, *(symbol for symbol, _ in getattr(entry, "symbols", ()))):
        assert ziamath.Latex(formula).svg().startswith("<svg")


@pytest.mark.parametrize(("family", "key"), [e for e in ENTRIES if registry(e[0])[e[1]].formula])
def test_formulas_use_nothing_that_is_typeset_as_its_own_name(family, key):
    """latex2mathml writes a command that it does not know as text with the backslash."""
    assert "\\" not in latex2mathml.converter.convert(registry(family)[key].formula)


@pytest.mark.parametrize(("family", "key"), [e for e in ENTRIES if e[0] in SECTIONS])
def test_kinds_and_settings_are_accepted_as_assignments(family, key):
    section = SECTIONS[family]
    chosen = ExperimentSpec().with_values(dict([parse_assignment(f"{section}.kind={key}")]))
    settings = chosen.get(section)
    assert settings == registry(family)[key].settings()
    texts = [f"{section}.kind={key}"]
    for field in describe(type(settings)):
        value = json.loads(settings.model_dump_json())[field.name]
        texts.append(f"{section}.{field.name}={value if isinstance(value, str) else json.dumps(value)}")
    again = ExperimentSpec().with_values(dict(map(parse_assignment, texts)))
    assert again == chosen
    assert ExperimentSpec.parse(json.loads(again.to_json())) == again


@pytest.mark.parametrize(("family", "key"), [e for e in ENTRIES if e[0] in SECTIONS])
def test_a_setting_that_does_not_exist_is_refused(family, key):
    from gdstudio.core.errors import StudioError

    section = SECTIONS[family]
    with pytest.raises(StudioError, match="no_such_setting"):
        ExperimentSpec().with_values({f"{section}.kind": key, f"{section}.no_such_setting": 1})


def test_specs_and_registries_import_neither_torch_nor_pandas_nor_sklearn():
    code = (
        "import sys\n"
        "from gdstudio.core.registry import FAMILIES, registry\n"
        "from gdstudio.core.spec import ExperimentSpec\n"
        "ExperimentSpec().to_json()\n"
        "[e.settings() for f in FAMILIES for e in registry(f).values()]\n"
        "print(sorted({'torch', 'pandas', 'sklearn', 'scipy', 'PySide6'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
