"""One command a file. Knows how to print; all judgement lies below."""
