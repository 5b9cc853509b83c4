"""Work orders: calls to make and visits to pay, taken by one officer at a time."""
