"""The errors that a user can mend. Knows only how to say them: what failed, with which value, and what to do next."""


class AdvisorError(Exception):
    """A fault told to the user in one sentence; anything else that escapes is a bug of the program."""


class DataError(AdvisorError):
    """A data file that cannot become a task."""


class SettingsError(AdvisorError):
    """Settings that cannot work with the backbone at hand."""


class BackboneError(AdvisorError):
    """A frozen model that cannot be found or loaded."""


class InterchangeError(AdvisorError):
    """An adapter that another tool could not load, or that we cannot read."""


class BudgetError(AdvisorError):
    """A run that cannot fit the memory or the time it is given."""


class ClusterError(AdvisorError):
    """A cluster that cannot be reached, or cannot do the work."""


class StoreError(AdvisorError):
    """Experiences that cannot be kept or found again."""


class SelectionError(AdvisorError):
    """A table of scores from which nothing can be learned, or a question that it cannot answer."""


class ToolError(AdvisorError):
    """A tool that was called with what it cannot take."""
