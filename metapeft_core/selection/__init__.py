"""From task vectors to ranked methods, and whether that is worth anything. Knows no store and no language model."""
