"""The kinds of region, a file each; none knows another."""
