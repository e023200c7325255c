"""Step 1: material to work with. Drawn scenes, their looks and labels; later footage, pictures and text."""
