"""Train two classifiers of handwritten digits side by side, keep the better one and write a report."""

import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from podium import log_metadata, pipeline, step


@step
def load() -> tuple[Annotated[np.ndarray, "images"], Annotated[np.ndarray, "labels"]]:
    """Read the 1797 images of 8 x 8 pixels that come with scikit-learn."""
    images, labels = load_digits(return_X_y=True)
    log_metadata({"images": len(images), "classes": len(np.unique(labels))})
    return images, labels


@step
def split(
    images: np.ndarray, labels: np.ndarray, test_fraction: float
) -> tuple[
    Annotated[np.ndarray, "train_images"],
    Annotated[np.ndarray, "test_images"],
    Annotated[np.ndarray, "train_labels"],
    Annotated[np.ndarray, "test_labels"],
]:
    """Hold back a part of each class, the same one every time."""
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, labels, test_size=test_fraction, stratify=labels, random_state=0
    )
    return train_images, test_images, train_labels, test_labels


@step
def train_forest(images: np.ndarray, labels: np.ndarray, trees: int) -> Annotated[ClassifierMixin, "model"]:
    """Fit a random forest."""
    return RandomForestClassifier(trees, random_state=0).fit(images, labels)


@step
def train_svm(images: np.ndarray, labels: np.ndarray, gamma: float) -> Annotated[ClassifierMixin, "model"]:
    """Fit a support vector machine."""
    return SVC(gamma=gamma).fit(images, labels)


@step
def evaluate(model: ClassifierMixin, images: np.ndarray, labels: np.ndarray) -> Annotated[float, "accuracy"]:
    """Give the fraction of images that the model names correctly."""
    accuracy = float(accuracy_score(labels, model.predict(images)))
    log_metadata({"accuracy": accuracy})
    print(f"{type(model).__name__}: {accuracy:.2%}")
    return accuracy


@step
def pick_best(
    models: dict[str, ClassifierMixin], accuracies: dict[str, float]
) -> tuple[Annotated[str, "name"], Annotated[ClassifierMixin, "model"]]:
    """Choose the model of the highest accuracy."""
    name = max(accuracies, key=accuracies.__getitem__)
    return name, models[name]


@step
def write_report(
    name: str, model: ClassifierMixin, accuracies: dict[str, float], images: np.ndarray, labels: np.ndarray
) -> Annotated[Path, "report"]:
    """Compare the models and describe the best one, class by class."""
    scores = "\n".join(f"| {candidate} | {accuracy:.2%} |" for candidate, accuracy in accuracies.items())
    details = classification_report(labels, model.predict(images))
    report = Path(tempfile.mkdtemp(), "report.md")
    report.write_text(f"# Digits: {name}\n\n| model | accuracy |\n|---|---|\n{scores}\n\n```\n{details}```\n")
    return report


@pipeline
def digits(test_fraction: float = 0.25, trees: int = 200, gamma: float = 0.001) -> None:
    """Wire the steps; the two trainings have no edge between them and run at the same time."""
    images, labels = load()
    train_images, test_images, train_labels, test_labels = split(images, labels, test_fraction)
    models = {
        "forest": train_forest(train_images, train_labels, trees),
        "svm": train_svm(train_images, train_labels, gamma),
    }
    accuracies = {name: evaluate(model, test_images, test_labels) for name, model in models.items()}
    name, model = pick_best(models, accuracies)
    write_report(name, model, accuracies, test_images, test_labels)


if __name__ == "__main__":
    digits()
