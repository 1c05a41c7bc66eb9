"""What is wrong with an expression, and where."""


class ExpressionError(ValueError):
    """`message` says what is wrong and what would be right; `position` is the place in `text`, from 0."""

    def __init__(self, message: str, text: str, position: int) -> None:
        self.message, self.text = message, text
        self.position = min(max(position, 0), len(text))
        super().__init__(message)

    def __str__(self) -> str:
        """The message, and below it the line of the text with a caret under the place."""
        begin = self.text.rfind("\n", 0, self.position) + 1
        line = self.text[begin:].split("\n", 1)[0]
        return f"{self.message}\n    {line}\n    {' ' * (self.position - begin)}^"
