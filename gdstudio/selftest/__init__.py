"""The program's test of itself, on the machine and in the form in which it is installed."""
