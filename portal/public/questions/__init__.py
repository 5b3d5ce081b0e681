"""The questions, one class a page, by subject."""
