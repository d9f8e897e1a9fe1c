"""Tests of a configuration: their files read, and what came compared with what was expected. `app` runs them."""

from gateway.configtest.case import Case, File, Post
from gateway.configtest.compare import Difference, differences
from gateway.configtest.reading import read_file

__all__ = ["Case", "Difference", "File", "Post", "differences", "read_file"]
