"""How well the music RNN foretells Bach and folk tunes, beside published figures."""
