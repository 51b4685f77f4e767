"""Content: from Airtable or a JSON file to one immutable value in memory.

Sources return records, ``parse`` makes content or faults, ``serialise`` stores it. No page request calls Airtable.
"""
