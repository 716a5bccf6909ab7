"""The processes behind ``atelier up``: bell, web, workers, and the supervisor that keeps them alive."""
