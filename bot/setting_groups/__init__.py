"""What a group of settings is, and the groups of the rooms above. A connector and the store have theirs beside them."""
