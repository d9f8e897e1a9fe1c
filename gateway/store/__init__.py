"""What is on disk: tables, the one writer of each process, and the questions that people and delivery ask."""
