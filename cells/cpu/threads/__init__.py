"""How threads meet, and how work is shared among them."""
