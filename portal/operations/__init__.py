"""What may happen: the only place where state changes. Never request or session, never a commit."""
