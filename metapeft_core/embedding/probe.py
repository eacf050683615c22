"""A linear probe on mean states, and which way its log-likelihood pulls them. Knows numbers, no model and no text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
PENALTY = 0.01
"""Half of it times the squared weights is added to the mean loss of states of mean square 1. With ten times as much a
vector told less of how hard its task is; with a tenth, two samples of a task were less alike in what labels add."""
STEPS = 200
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Probe:
    """States in a basis of their own, in which every step of the fit is a division."""

    states: Floats
    """(rows, directions): centred, of mean square 1, along the directions in which they differ."""
    basis: Floats
    """(directions, width)."""

    @classmethod
    def on(cls, states: Floats) -> Probe:
        """A probe on these states, one a row."""
        centred = states - states.mean(axis=0)
        scale = np.sqrt(np.mean(np.sum(centred * centred, axis=1)))
        if scale < LEAST * max(1.0, float(np.abs(states).max())):
            return cls(np.zeros((len(states), 0)), np.zeros((0, states.shape[1])))
        left, sizes, basis = np.linalg.svd(centred / scale, full_matrices=False)
        kept = sizes > 1e-6 * sizes[0]
        return cls(left[:, kept] * sizes[kept], basis[kept])

    @property
    def _spread(self) -> Floats:
        """The mean square along every direction, as a column."""
        return np.mean(self.states * self.states, axis=0)[:, None]

    def towards_labels(self, labels: Integers, signs: Floats) -> Floats:
        """For every row a random gradient of its log-likelihood, (rows, width), when labels are the model's own.

        The mean of its outer product over the signs, (rows, classes) of 1 and -1, is the Fisher information of the
        state: that of labels drawn from what the probe foretells, not of those that are given.
        """
        wanted = np.eye(int(labels.max()) + 1)[labels]
        weights, foretold = self._logistic(wanted)
        return _scores(foretold, signs) @ (self.basis.T @ weights).T

    def towards_vectors(self, vectors: Floats, signs: Floats) -> Floats:
        """The same where the answer is a vector, normally distributed around what ridge regression foretells."""
        centred = vectors - vectors.mean(axis=0)
        weights = (self.states.T @ centred / len(centred)) / (self._spread + PENALTY)
        return signs @ (self.basis.T @ weights).T

    def _logistic(self, wanted: Floats) -> tuple[Floats, Floats]:
        """Weights of a ridge-regularised logistic regression, and the probabilities it gives the rows."""
        weights = np.zeros((self.states.shape[1], wanted.shape[1]))
        bias = np.log(np.maximum(wanted.mean(axis=0), LEAST))
        # Half the states' second moments bounds the Hessian from above whatever the probabilities (Böhning 1992): a
        # Newton step with the bound always gains, needs no search, and in this basis no system is solved for it.
        for _ in range(STEPS):
            missed = wanted - _softmax(self.states @ weights + bias)
            weights += (self.states.T @ missed / len(missed) - PENALTY * weights) / (self._spread / 2 + PENALTY)
            bias += 2 * missed.mean(axis=0)
        return weights, _softmax(self.states @ weights + bias)


def _softmax(logits: Floats) -> Floats:
    risen = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True))


def _scores(probabilities: Floats, signs: Floats) -> Floats:
    """Random vectors whose covariance is that of a drawn label's indicator: diag(p) - p p^T.

    Drawing labels would do, but where the probe is sure nearly all of them would be the same, and the rare others
    would decide everything. So the covariance's Cholesky factor, which has a closed form (ask for one class after the
    other, the likeliest first), is multiplied by random signs; with two classes no chance is left in the square.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    p = np.maximum(np.take_along_axis(probabilities, order, axis=1), LEAST)
    p /= p.sum(axis=1, keepdims=True)
    before = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    left = np.concatenate([before[:, 1:], np.zeros((len(p), 1))], axis=1)
    own = np.sqrt(p * left / before) * signs
    told = np.sqrt(p[:, :-1] / (left[:, :-1] * before[:, :-1])) * signs[:, :-1]
    asked = np.concatenate([np.zeros((len(p), 1)), np.cumsum(told, axis=1)], axis=1)
    scores = np.zeros_like(p)
    np.put_along_axis(scores, order, own - p * asked, axis=1)
    return scores
