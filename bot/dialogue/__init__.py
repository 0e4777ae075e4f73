"""The conversation, pure: what a message means where it is said, and what follows from it."""
