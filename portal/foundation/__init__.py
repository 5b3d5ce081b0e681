"""What everything stands on: settings, clock, scopes and transactions, permissions, encryption, queue."""
