"""What a worker does with batches: profiles from touchpoints, models from outcomes, and a look at the clock."""
