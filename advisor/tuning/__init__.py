"""How the small model that comes with the package is taught to fill in forms. Nothing here runs in a conversation."""
