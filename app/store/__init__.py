"""Where a desk is kept, with no word of the desk in it."""
