"""What the doors share: the edge of requests, pages, forms, components."""
