"""Pictures of people: checked, redrawn and kept in object storage."""
