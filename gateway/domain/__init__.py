"""The words of the house as frozen dataclasses. Standard library only; imports nothing of ours but itself."""
