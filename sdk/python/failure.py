"""The exceptions that end a phase with a message to the user.

An `OSError` that a method lets pass is a failure too, of the kind `io`; any other exception is a fault of the
buildpack, and its traceback is shown.
"""


class Failure(Exception):
    """A failure with a title, and a text that gives the reason and says what to do."""

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__(title, text)
        self.title = title
        self.text = text

    def __str__(self) -> str:
        return f"{self.title}: {self.text}" if self.text else self.title


class ApplicationFailure(Failure):
    """The application does not meet this buildpack's requirements. Its author can fix it."""


class PlatformFailure(Failure):
    """The platform's input does not meet this buildpack's requirements, such as a variable's value."""
