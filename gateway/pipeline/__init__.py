"""From bytes to an event with its deliveries: pure, synchronous steps. Nothing here reads or writes anything."""
