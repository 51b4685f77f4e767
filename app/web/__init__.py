"""Visit, access, rendering, languages and sessions."""
