"""What an operator may do to one document: look into it, take it out, compact it, repair it."""
