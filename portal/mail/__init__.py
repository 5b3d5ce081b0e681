"""E-mail, the backup channel: pure messages, and the mailer that hands them over."""
