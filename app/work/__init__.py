"""What is done after a transaction, or when a moment comes: jobs, followers of the journal, the clock."""
