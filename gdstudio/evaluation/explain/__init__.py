"""Why a model says what it says: about its columns, about one row, and in the units of the source."""
