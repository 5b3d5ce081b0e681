"""One machine, nothing installed: a private PostgreSQL and Valkey, and the portal's processes kept alive over them.

For a demonstration and for the tests. Production has servers of its own and never comes here.
"""
