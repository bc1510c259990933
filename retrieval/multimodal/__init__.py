"""Texts and pictures side by side: which of them are read, and how one vector is made of both."""
