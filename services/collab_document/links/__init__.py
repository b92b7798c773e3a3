"""Links that let whoever has them into a document, with an account or without."""
