"""What a person may set about the program itself, and what a lab may set for everybody."""
