"""The scheduled check and the dispatcher: what runs without being asked."""
