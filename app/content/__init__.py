"""Content: from Airtable or a JSON file to one immutable value in memory.

Sources return records, ``parse`` turns them into a content or a list of faults, ``serialise`` stores it. No page
request calls Airtable.
"""
