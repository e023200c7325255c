"""Step 2, train: one file per model, the input they learn from, the budgeted fit, and the store of finished weights."""
