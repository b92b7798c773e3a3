"""Finding people to share with, as far as they may be found."""
