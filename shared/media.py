"""What the works of a data set can be. A family says by its ``media`` which of them it learns from."""

PAINTING = "painting"
MUSIC = "music"
MEDIA = frozenset({PAINTING, MUSIC})
