"""The suite for publishers, a subject a module."""
