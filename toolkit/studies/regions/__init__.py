"""How innovation is spread over the provinces: the "two thirds in three centres", and inequality per head by year."""
