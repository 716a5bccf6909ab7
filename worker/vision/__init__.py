"""What networks see in pictures: pretrained features, and distances between sets of them. No families."""
