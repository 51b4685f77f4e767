"""What people do with the hunt, one verb a file: rules, store and content put together through ports. No Flask."""
