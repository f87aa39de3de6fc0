"""The reference documents that follow from the code: one function a page, which gives its text."""
