"""Make purchase.csv: 1,000 people, and whether they bought. Run it to write the file anew.

The decision of each person is a coin whose chance of *yes* comes from a formula that is known here, so the
best accuracy that any model can reach is known too: the mean of max(p, 1 - p), about 0.85.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

SEED = 20
PEOPLE = 1000
EDUCATION = ("primary", "secondary", "bachelor", "master", "doctorate")


def generate(people: int = PEOPLE, seed: int = SEED) -> tuple[dict[str, list[object]], np.ndarray]:
    """The columns of the file, ``None`` where a value is missing, and each person's chance of *yes* ``(n,)``."""
    # RandomState's streams are frozen for good, unlike those of newer generators.
    random = np.random.RandomState(seed)
    age = np.clip(np.round(18 + 62 * random.beta(1.7, 2.4, people)), 18, 80)
    # Older people had fewer years of school on average; the youngest have not finished theirs.
    schooling = 1.9 + random.normal(0, 1.05, people) - 0.012 * (age - 42) - 1.1 * (age < 23)
    level = np.clip(np.round(schooling), 0, 4).astype(int)
    career = np.clip((age - 18) / 30, 0, 1) ** 0.7
    earned = 9.75 + 0.17 * level + 0.75 * career - 0.25 * (age > 66) + random.normal(0, 0.36, people)
    income = np.round(np.exp(earned), -2)

    means = np.log(income / 33_000)
    logit = -0.95 + 3.9 * means + 0.75 * (level - 2) - 1.7 * ((age - 43) / 18) ** 2 + 1.8 * means * (age < 35)
    chance = 1 / (1 + np.exp(-1.23 * logit))
    bought = random.uniform(size=people) < chance

    age_missing = random.uniform(size=people) < 0.012
    income_missing = random.uniform(size=people) < 0.01
    columns: dict[str, list[object]] = {
        "age": [None if gone else int(v) for v, gone in zip(age, age_missing, strict=True)],
        "income": [None if gone else int(v) for v, gone in zip(income, income_missing, strict=True)],
        "education": [EDUCATION[i] for i in level],
        "bought": ["yes" if b else "no" for b in bought],
    }
    return columns, chance


def write(path: Path) -> None:
    """Write the file."""
    columns, _ = generate()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


if __name__ == "__main__":
    write(Path(__file__).with_name("purchase.csv"))
