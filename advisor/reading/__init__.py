"""What a question says: from a sentence to typed values that are held against its text. Knows no tool and no screen."""
