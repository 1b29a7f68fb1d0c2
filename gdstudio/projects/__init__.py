"""What leaves the program: exports that stand on their own."""
