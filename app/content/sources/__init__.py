"""Sources of records: an Airtable base or a JSON file."""
