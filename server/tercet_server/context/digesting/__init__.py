"""What the index keeps of a content, worked out in processes of their own: they import this and nothing of the daemon's weight."""
