"""The deck for the lecture hall: slides as values, then as one HTML file or as PowerPoint."""
