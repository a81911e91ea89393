"""Shared by every test."""

import pytest

pytest.register_assert_rewrite("conformance")
