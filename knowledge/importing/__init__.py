"""Results that others measured become experiences. Knows no screen and no store."""
