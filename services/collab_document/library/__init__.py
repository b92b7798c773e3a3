"""One person's own order: favourites, what they opened last, and folders. None of it gives a right to anything."""
