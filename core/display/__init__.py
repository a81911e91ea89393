"""What a person sees of a run while it goes on and when it is over; all of it goes to one stream, stderr."""
