"""The loop and what a run costs. Knows tasks, backbones and methods; keeps nothing between runs."""
