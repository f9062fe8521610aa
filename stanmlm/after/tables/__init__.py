"""A fit as a table or as another library's container."""
