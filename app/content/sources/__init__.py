"""Where records come from: an Airtable base or a JSON file."""
