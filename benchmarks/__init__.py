"""Figures side by side with peers, one file a question: `python -m benchmarks.NAME` writes results/NAME.json and .md."""
