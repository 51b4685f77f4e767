"""The hunt’s settings: definitions, storage and the pages that change them."""
