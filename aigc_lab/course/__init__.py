"""The course: notebooks built from masters, checks and hints, pictures and widgets for notebooks."""
