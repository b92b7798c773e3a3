"""Files kept beside a document, sent to and fetched from the object store directly."""
