"""What administrators see and change of people's accounts."""
