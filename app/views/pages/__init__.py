"""One dataclass for each page that teams see: all that its template may see.

Built by the views from what a service answered. No field can hold a hash, a secret or a database row. Texts named
``*_html`` were sanitised at restock (or built by our own code from escaped parts) and are the only ones a template may
print with ``|safe``; everything else is escaped by Jinja. Times are aware UTC; the ``moment`` macro shows them in the
hunt's zone and the reader's own. Templates compute nothing: what they need to know is a field here.
"""
