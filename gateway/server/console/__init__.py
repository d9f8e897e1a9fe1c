"""The console: pages for people. Templates, one style sheet and no script: everything works by links and forms."""
