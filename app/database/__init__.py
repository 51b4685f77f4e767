"""Connections, transactions, schema, page query, ledger and audit."""
