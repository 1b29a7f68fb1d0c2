"""What laboratories do with torch; apart from their entries, since listing those must not load it."""
