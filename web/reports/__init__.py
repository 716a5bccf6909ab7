"""Reports that families write about works, models and searches, read and made ready to be shown."""
