"""What all pages share: the visit, access rules, rendering, languages, sessions."""
