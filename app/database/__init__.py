"""The database: connections, transactions, schema, the query of a page, ledger and audit."""
