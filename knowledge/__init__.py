"""What has been learned, kept. Knows no tool and no screen."""
