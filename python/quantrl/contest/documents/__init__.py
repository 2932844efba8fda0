"""Text with the time it could first be read: cleaned, kept, shown as of a time, searched."""
