"""What documents can begin with: templates that everybody has, and one's own, made of documents."""
