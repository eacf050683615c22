"""One folder of Chroma's, opened by this process alone: task vectors, their facets, and the search among them.

Knows neither where the folder came from nor whether anybody will see it again.
"""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from knowledge.facets import facets
from knowledge.records import Vector
from knowledge.store import ExperienceStore

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

NAME = "task-vectors"
CHUNK = 2_000
"""Vectors handed to Chroma at once; it refuses more than about five thousand."""
# Chroma links its graph in an order that differs from build to build. Searched this widely it finds the same
# neighbours all the same: at 4,000 vectors of no structure at all, 99.8 % of the nearest ten, of related tasks all.
GRAPH: dict[str, Any] = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 48,
    "ef_search": 256,
}


class Opened:
    """An open folder."""

    def __init__(self, folder: Path) -> None:
        # Importing Chroma takes half a second that commands without a search need not wait.
        import chromadb
        from chromadb.config import Settings

        self.folder = folder
        self._client: Any = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        self._remove = weakref.finalize(self, _let_go, self._client, folder)
        self.collection: Collection = self._client.get_or_create_collection(
            NAME,
            configuration={"hnsw": cast(Any, GRAPH)},
            embedding_function=None,
        )
        self.size: int = self.collection.count()

    def close(self) -> None:
        """Write everything and let go of the files, which stay."""
        self._remove.detach()
        self._client.close()

    def remove(self) -> None:
        """Let go of the files and remove them."""
        self._remove()

    def add(self, store: ExperienceStore, after: int) -> None:
        """Take in what the store has got since; a vector that is known already only gets new facets."""
        told = [(digest, facets(rows)) for digest, rows in store.facet_rows(after).items()]
        for start in range(0, len(told), CHUNK):
            part = dict(told[start : start + CHUNK])
            known = set(self.collection.get(ids=list(part), include=[])["ids"])
            new = [digest for digest in part if digest not in known]
            if new:
                found = store.vectors(new)
                self.collection.add(new, np.stack([found[d] for d in new]), [part[digest] for digest in new])
            if known:
                old = sorted(known)
                self.collection.update(old, metadatas=[part[digest] for digest in old])
        self.size = self.collection.count()

    def query(self, vector: Vector, count: int, condition: dict[str, Any] | None = None) -> dict[str, float]:
        """The nearest vectors by digest, with the cosine to each."""
        found = self.collection.query(
            query_embeddings=np.asarray(vector, dtype=np.float32)[None],
            n_results=count,
            where=condition,
            include=["distances"],
        )
        distances = found["distances"] or [[]]
        return {digest: 1.0 - float(far) for digest, far in zip(found["ids"][0], distances[0], strict=True)}


def _let_go(client: Any, folder: Path) -> None:
    client.close()
    shutil.rmtree(folder, ignore_errors=True)
