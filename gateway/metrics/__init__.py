"""What all processes count: where the numbers stand, and what they mean."""
