"""A task becomes a vector, and vectors become likeness, groups and a map. Knows no method and no store."""
