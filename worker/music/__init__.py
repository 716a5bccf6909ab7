"""Music as the worker knows it: scores, MIDI in and out, sound, notation and theory. No torch here."""
