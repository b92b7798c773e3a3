"""Documents from files of other programs, and as such files: Markdown, HTML, DOCX, PDF and plain text."""
