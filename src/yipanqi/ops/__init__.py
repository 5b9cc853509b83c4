"""The centre's daily business as Django apps of one shape; news travels up as journal entries."""
