"""The lecture's claims, a file a chapter."""
