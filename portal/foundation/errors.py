"""What may go wrong in the domain, said in words its user understands."""


class DomainError(Exception):
    """A rule refuses what was asked.

    message: the French sentence to show. field: the form field it concerns, or None for the whole form.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class AlreadyAnswered(DomainError):
    """Somebody else was faster; the message says who and when."""


class Hidden(Exception):
    """The object does not exist for whoever asks."""
