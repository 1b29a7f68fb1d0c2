"""Tables that stay quick with a million rows."""
