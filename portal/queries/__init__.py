"""What we ask: reads named as questions, always ordered."""
