"""Why a method is recommended, in plain language of which every number stands in the evidence. Knows no tool."""
