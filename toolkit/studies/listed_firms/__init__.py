"""The paper's regression on listed firms, for who has the data: its design, and what other designs say of it."""
