"""Windows that ask something before they act."""
