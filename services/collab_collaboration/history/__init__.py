"""Named versions of documents, and who wrote when: stored, and over HTTP."""
