"""Files become tasks here: readers, splits and characterisation. Knows no model beyond the sentence encoder."""
