"""Where material comes from: each source is a function that yields items with their author and rights."""
