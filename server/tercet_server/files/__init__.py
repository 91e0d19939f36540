"""Files of a user's folder: which of them stay out by their names, and how they are reached without following a symlink."""
