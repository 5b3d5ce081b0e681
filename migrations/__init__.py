"""The database's history: numbered migrations, one idea each."""
