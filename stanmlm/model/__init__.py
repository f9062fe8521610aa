"""What is believed, frozen; and how it will be sampled: cells, rotation, pilot, centring."""
