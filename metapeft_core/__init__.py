"""The science, in MLX. Knows no language-model controller, no vector store and no screen."""

# MLX's numerical libraries are chosen before its first import; whoever imports any part of the core gets that choice.
from metapeft_core import runtime as runtime
