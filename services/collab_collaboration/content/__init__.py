"""What a document says, as the ProseMirror JSON of the editor: read from the CRDT, and written into an empty one."""
