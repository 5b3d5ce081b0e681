"""What happens later: thin functions that open a scope and call one operation."""
