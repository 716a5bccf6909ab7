"""What the pixels of a picture tell: figures, a critique, advice and previews (numpy and Pillow)."""
