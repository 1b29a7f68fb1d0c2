"""The four steps of the work at the left, and the runs at the bottom. Panels never import panels."""
