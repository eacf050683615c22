"""Figures beside those of peers, one file a question: `python -m benchmarks.NAME` writes results/NAME.json and .md."""
