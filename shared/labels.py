"""Labels of works, as people read and write them."""


def in_words(label: str) -> str:
    """A label or class in words: who names a folder writes "ukiyo_e" for "ukiyo e"."""
    return " ".join(label.replace("_", " ").split()) or label


def same_label(one: str, other: str) -> bool:
    """Whether two labels say the same, as they are stored or as they are shown."""
    return in_words(one).casefold() == in_words(other).casefold()
