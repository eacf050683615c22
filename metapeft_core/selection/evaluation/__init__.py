"""Whether the judgement is worth anything, by families that it has not seen. Knows no store and no screen."""
